import {
  type DocumentNode,
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLScalarType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  TypeInfo,
  type TypeNode,
  type VariableDefinitionNode,
  type VariableNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Variables } from './query-cost';
import { InvalidOperation } from './refusals';
import { type Place, quoted, VariableFaults } from './variable-faults';

/** Checks a value of one type. Null and absent values are handled before. */
type Check = (value: unknown, around: Place | null, key: string | number, faults: VariableFaults) => void;

/** More than any field accepts; each has its own rule. */
const maxListLength = 10_000;

/**
 * Checks the variables of a request against the declared types, in one step for each value outside JSON scalars. graphql-js
 * and compiled operations check again, but they quote whole objects and create an error for each value.
 * @throws InvalidOperation, with BAD_USER_INPUT for each invalid value
 */
export function variableCheck(
  schema: GraphQLSchema,
  document: DocumentNode,
  { variableDefinitions = [] }: OperationDefinitionNode,
): (variables: Variables) => void {
  const usedAsNonNull = nonNullUses(schema, document, variableDefinitions);
  const declared = variableDefinitions.map(({ variable, type, defaultValue }) => {
    return {
      name: variable.name.value,
      hasDefault: defaultValue !== undefined,
      type: inputType(schema, type),
    };
  });
  const checks = declared.map(({ name, hasDefault, type }) => {
    const check = checkOf(type);
    const isRequired = isNonNullType(type) && !hasDefault;
    return { name, check, isRequired, isNonNull: isNonNullType(type) || usedAsNonNull.has(name) };
  });
  return (variables) => {
    const faults = new VariableFaults();
    for (const { name, check, isRequired, isNonNull } of checks) {
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
      if (value === undefined) {
        if (isRequired) faults.add({ around: null, key: name }, mustBeGiven);
      } else if (value === null) {
        if (isNonNull) faults.add({ around: null, key: name }, mustNotBeNull);
      } else check(value, null, name, faults);
    }
    if (faults.errors.length > 0) throw new InvalidOperation(faults.errors);
  };
}

/**
 * The nullable variables that must not be null: validation allows them at non-null positions if the variable or the
 * position has a default.
 */
function nonNullUses(
  schema: GraphQLSchema,
  document: DocumentNode,
  definitions: readonly VariableDefinitionNode[],
): ReadonlySet<string> {
  const names = new Set<string>();
  if (definitions.every(({ type }) => type.kind === Kind.NON_NULL_TYPE)) return names;
  const types = new TypeInfo(schema);
  const note = ({ name }: VariableNode): void => {
    if (isNonNullType(types.getInputType())) names.add(name.value);
  };
  visit(document, visitWithTypeInfo(types, { VariableDefinition: () => false, Variable: note }));
  return names;
}

const mustBeGiven = 'must be given.';
const mustNotBeNull = 'must not be null.';

function inputType(schema: GraphQLSchema, node: TypeNode): GraphQLInputType {
  // typeFromAST has one overload for each kind of node.
  const type = typeFromAST(schema, node as Parameters<typeof typeFromAST>[1]);
  if (!isInputType(type)) throw new Error('validation lets only input types declare variables');
  return type;
}

const checks = new WeakMap<GraphQLInputType, Check>();

/** Created once for each type, even a recursive one. */
function checkOf(type: GraphQLInputType): Check {
  const known = checks.get(type);
  if (known) return known;
  checks.set(type, (value, around, key, faults) => made(value, around, key, faults));
  const made = newCheck(type);
  checks.set(type, made);
  return made;
}

function newCheck(type: GraphQLInputType): Check {
  if (isNonNullType(type)) return checkOf(type.ofType);
  if (isListType(type)) return listCheck(type.ofType);
  if (isInputObjectType(type)) return objectCheck(type);
  return isEnumType(type) ? enumCheck(type) : scalarCheck(type);
}

function listCheck(itemType: GraphQLInputType): Check {
  const check = checkOf(itemType);
  const isNonNull = isNonNullType(itemType);
  return (value, around, key, faults) => {
    // GraphQL coerces a single value to a list of one.
    if (!Array.isArray(value)) return check(value, around, key, faults);
    const here = { around, key };
    if (value.length > maxListLength) return faults.add(here, `must have at most ${maxListLength} items.`);
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index];
      if (item !== null) check(item, here, index, faults);
      else if (isNonNull) faults.add({ around: here, key: index }, mustNotBeNull);
    }
  };
}

function objectCheck(type: GraphQLInputObjectType): Check {
  const fields = Object.values(type.getFields()).map((field) => ({
    name: field.name,
    check: checkOf(field.type),
    isRequired: isRequiredInputField(field),
    isNonNull: isNonNullType(field.type),
  }));
  const names = new Set(fields.map(({ name }) => name));
  return (value, around, key, faults) => {
    const here = { around, key };
    if (typeof value !== 'object' || Array.isArray(value)) return faults.add(here, `must be a ${type.name}.`);
    const object = value as Record<string, unknown>;
    for (const { name, check, isRequired, isNonNull } of fields) {
      const field = object[name];
      if (field === undefined) {
        if (isRequired) faults.add({ around: here, key: name }, mustBeGiven);
      } else if (field === null) {
        if (isNonNull) faults.add({ around: here, key: name }, mustNotBeNull);
      } else check(field, here, name, faults);
    }
    for (const name in object) {
      if (names.has(name)) continue;
      faults.add(here, `must not have a field ${quoted(name)}: ${type.name} has none of that name.`);
      return;
    }
  };
}

function enumCheck(type: GraphQLEnumType): Check {
  return (value, around, key, faults) => {
    if (typeof value !== 'string')
      faults.add({ around, key }, `must be a value of ${type.name}, as a string.`);
    else if (!type.getValue(value))
      faults.add({ around, key }, `must be a value of ${type.name}, not ${quoted(value)}.`);
  };
}

/** Custom scalars accept any value; the input rules report errors. */
function scalarCheck({ name }: GraphQLScalarType): Check {
  const rule = scalarRules[name];
  if (!rule) return () => undefined;
  return (value, around, key, faults) => {
    if (!rule.accepts(value)) faults.add({ around, key }, rule.words);
  };
}

/** More than any id, cursor or tag; a string may be checked for each alias that uses it. */
const maxTextLength = 10_000;

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= maxTextLength;
}

const minInt = -(2 ** 31);
const maxInt = 2 ** 31 - 1;

const scalarRules: Record<string, { accepts(value: unknown): boolean; readonly words: string } | undefined> =
  {
    ID: {
      accepts: (value) => isText(value) || Number.isSafeInteger(value),
      words: `must be a string of at most ${maxTextLength} characters, or a whole number up to 9007199254740991: JSON numbers do not keep larger ones.`,
    },
    String: { accepts: isText, words: `must be a string of at most ${maxTextLength} characters.` },
    Boolean: { accepts: (value) => typeof value === 'boolean', words: 'must be true or false.' },
    Int: {
      accepts: (value) =>
        Number.isInteger(value) && minInt <= (value as number) && (value as number) <= maxInt,
      words: `must be a whole number from ${minInt} to ${maxInt}.`,
    },
    Float: { accepts: (value) => Number.isFinite(value), words: 'must be a number.' },
  };
