import { BsonDocument, BsonValue, isNumber, typeName } from './bson-value';
import { toDouble } from './numbers';

/** What an expression sees: the document, and the variables that surround it. */
export interface Scope {
  readonly root: BsonDocument;
  readonly variables: ReadonlyMap<string, BsonValue | undefined>;
}

/** What an expression gives; `undefined` is a value that is not there. */
export type Value = BsonValue | undefined;

/** An aggregation expression, ready to run. */
export type Expression = (scope: Scope) => Value;

/** Makes an expression inside another one ready to run. */
export type ExpressionCompiler = (expression: BsonValue) => Expression;

const NO_VARIABLES: ReadonlyMap<string, BsonValue | undefined> = new Map();

/** The scope of an expression on a document, outside of any variables. */
export function scopeOf(root: BsonDocument): Scope {
  return { root, variables: NO_VARIABLES };
}

/** The same scope with more variables. */
export function withVariables(
  scope: Scope,
  variables: Iterable<readonly [string, BsonValue | undefined]>,
): Scope {
  return { root: scope.root, variables: new Map([...scope.variables, ...variables]) };
}

/** A path through documents; an array on the way gives an array of what its documents have there. */
export function followFieldPath(
  value: BsonValue | undefined,
  path: readonly string[],
): BsonValue | undefined {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (value instanceof Map) return followFieldPath(value.get(name), rest);
  if (!Array.isArray(value)) return undefined;
  return value.map((element) => followFieldPath(element, path)).filter((found) => found !== undefined);
}

/** MongoDB's notion of truth in expressions. */
export function isTruthy(value: BsonValue | undefined): boolean {
  if (isNumber(value)) return toDouble(value) !== 0;
  return value !== undefined && value !== null && value !== false;
}

export function isNullish(value: Value): value is null | undefined {
  return value === undefined || value === null;
}

/** The name of a value's type, as messages about expressions have it. */
export function nameOf(value: Value): string {
  return value === undefined ? 'missing' : typeName(value);
}
