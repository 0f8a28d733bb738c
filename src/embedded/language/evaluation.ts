import { Double } from 'bson';
import { BsonDocument, isNumber, typeName, Value } from './bson-value';
import { check } from './errors';
import { toDouble } from './numbers';

/** Documents on their way through a pipeline, with null in between where the thread may be given away. */
export type Documents = Iterable<BsonDocument | null>;

/** What a stage makes of the documents that reach it. Stages are lazy as far as they can be, and pass nulls on at once. */
export type Stage = (documents: Documents) => Documents;

/** What keeps stages from running too long and holding too much: a statement's clock is one. */
export interface Limits {
  /**
   * Counts one document that a stage makes. True now and then: the stage yields null.
   * @throws MongoError MaxTimeMSExpired (50), and what else ends the statement
   */
  pauses(): boolean;
  /**
   * Counts bytes that a stage holds.
   * @throws MongoError QueryExceededMemoryLimitNoDiskUseAllowed (292)
   */
  takeMemory(bytes: number): void;
}

/** Array elements that the expressions on one document may go through: far less than a tenth of a second. */
const MOST_ELEMENTS = 250_000;

let elements = 0;
let work = 0;

/**
 * Counts array elements that an expression goes through, which happens without a pause.
 * @throws MongoError ExceededMemoryLimit (146) where there are too many for one document
 */
export function countElements(count: number): void {
  work += count;
  elements += count;
  check(elements <= MOST_ELEMENTS, 146, 'Expressions go through too many array elements for one document');
}

/** Counts other work that goes on without a pause, one for what takes about a microsecond. */
export function countWork(count: number): void {
  work += count;
}

/** How much work was counted since this was last asked: whoever lets others have the thread asks. */
export function takeWork(): number {
  const taken = work;
  work = 0;
  return taken;
}

/** What an expression sees: the document, and the variables that surround it. */
export interface Scope {
  root: BsonDocument;
  readonly variables: ReadonlyMap<string, Value>;
}

const NO_VARIABLES: ReadonlyMap<string, Value> = new Map();

/** The scope of the expressions on a document, outside of any variables. */
export function scopeOf(root: BsonDocument): Scope {
  elements = 0;
  return { root, variables: NO_VARIABLES };
}

/** Makes the scope that of another document. */
export function beginDocument(scope: Scope, root: BsonDocument): void {
  elements = 0;
  scope.root = root;
}

/** An aggregation expression, ready to run. */
export type Expression = (scope: Scope) => Value;

/** A value while an expression is evaluated: a double may be JavaScript's number, for which no object need be made. */
export type Operand = Value | number;

/** The value as it is when the evaluation is done. */
export function asValue(operand: Operand): Value {
  return typeof operand === 'number' ? new Double(operand) : operand;
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
export function isTruthy(value: Operand): boolean {
  if (typeof value === 'number') return value !== 0;
  if (isNumber(value)) return toDouble(value) !== 0;
  return value !== undefined && value !== null && value !== false;
}

/** The name of an operand's type, as `$type` has it. */
export function nameOf(operand: Operand): string {
  return operand === undefined ? 'missing' : typeName(asValue(operand)!);
}
