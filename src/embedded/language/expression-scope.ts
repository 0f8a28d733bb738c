import { BsonDocument, BsonValue, isNumber, typeName, Value } from './bson-value';
import { toDouble } from './numbers';
import { beginDocument, countElements } from './work';

/** What an expression sees: the document, and the variables that surround it. */
export interface Scope {
  readonly root: BsonDocument;
  readonly variables: ReadonlyMap<string, Value>;
}

/** An aggregation expression, ready to run. */
export type Expression = (scope: Scope) => Value;

/** Makes an expression inside another one ready to run. */
export type ExpressionCompiler = (expression: BsonValue) => Expression;

const NO_VARIABLES: ReadonlyMap<string, Value> = new Map();

/** The scope of an expression on a document, outside of any variables. */
export function scopeOf(root: BsonDocument): Scope {
  beginDocument();
  return { root, variables: NO_VARIABLES };
}

/** The same scope with more variables. */
export function withVariables(scope: Scope, variables: Iterable<readonly [string, Value]>): Scope {
  return { root: scope.root, variables: new Map([...scope.variables, ...variables]) };
}

/** A path through documents; an array on the way gives an array of what its documents have there. */
export function followFieldPath(value: Value, path: readonly string[]): Value {
  for (let depth = 0; depth < path.length; depth++) {
    if (Array.isArray(value)) {
      const rest = path.slice(depth);
      countElements(value.length);
      return value.map((element) => followFieldPath(element, rest)).filter((found) => found !== undefined);
    }
    if (!(value instanceof Map)) return undefined;
    value = value.get(path[depth]!);
  }
  return value;
}

/** MongoDB's notion of truth in expressions. */
export function isTruthy(value: Value): boolean {
  if (isNumber(value)) return toDouble(value) !== 0;
  return value !== undefined && value !== null && value !== false;
}

/** The name of a value's type, as messages about expressions have it. */
export function nameOf(value: Value): string {
  return value === undefined ? 'missing' : typeName(value);
}
