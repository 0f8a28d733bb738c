import { NoSchemaIntrospectionCustomRule, specifiedRules, type ValidationRule } from 'graphql';

/** The validation rules: those of the specification, plus one that refuses introspection if it is off. */
export function validationRules(introspection: 'on' | 'off'): readonly ValidationRule[] {
  return introspection === 'on' ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
}

/** An error's message without the names that graphql-js suggests, which would reveal the schema. */
export function withoutSuggestions(message: string): string {
  return message.replace(/ Did you mean [^?]*\?$/, '');
}
