import { NoSchemaIntrospectionCustomRule, specifiedRules, type ValidationRule } from 'graphql';

/** The rules of validation: those of the specification, and where introspection is off, none of its fields. */
export function validationRules(introspection: 'on' | 'off'): readonly ValidationRule[] {
  return introspection === 'on' ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
}

/** An error's message without the names of the schema that graphql-js suggests, by which it can be guessed in full. */
export function withoutSuggestions(message: string): string {
  return message.replace(/ Did you mean [^?]*\?$/, '');
}
