import { Double } from 'bson';
import { BsonDocument, isNumber, Value } from './bson-value';
import { check } from './errors';
import { toDouble } from './numbers';

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
  readonly root: BsonDocument;
  readonly variables: ReadonlyMap<string, Value>;
}

const NO_VARIABLES: ReadonlyMap<string, Value> = new Map();

/** The scope of the expressions on a document, outside of any variables. */
export function scopeOf(root: BsonDocument): Scope {
  elements = 0;
  return { root, variables: NO_VARIABLES };
}

/** A value while an expression is evaluated: a double may be JavaScript's number, for which no object need be made. */
export type Operand = Value | number;

/** The value as it is when the evaluation is done. */
export function asValue(operand: Operand): Value {
  return typeof operand === 'number' ? new Double(operand) : operand;
}

/** MongoDB's notion of truth in expressions. */
export function isTruthy(value: Operand): boolean {
  if (typeof value === 'number') return value !== 0;
  if (isNumber(value)) return toDouble(value) !== 0;
  return value !== undefined && value !== null && value !== false;
}
