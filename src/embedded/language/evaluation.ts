import { Decimal128, Double, Int32, Long } from 'bson';
import { bson, BsonDocument, BsonValue, isNumber, typeName, Value } from './bson-value';
import { check, MongoError } from './errors';
import { compareValues } from './key-component';
import { calculate, Operation, toDouble } from './numbers';

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

/** An operator that is given what its operands evaluate to. */
interface Operator {
  /** How many operands it takes; with `first`, any number: `run` takes the result so far and the next one. */
  readonly operands: 1 | 2 | 'any';
  run(a: Operand, b: Operand): Operand;
  readonly first?: Value;
}

type Given = BsonValue | number;

const WITH_TEXTS = new Set(['string', 'bool', 'int', 'long', 'objectId', 'date']);
const unary = (run: (a: Operand) => Operand): Operator => ({ operands: 1, run });
const binary = (run: (a: Operand, b: Operand) => Operand): Operator => ({ operands: 2, run });
const comparison = (holds: (order: number) => boolean) => binary((a, b) => holds(compare(a, b)));
/** Those that make null of null, and of what is missing. */
const unaryOrNull = (run: (a: Given) => Operand) => unary((a) => (isNone(a) ? null : run(a)));
const binaryOrNull = (run: (a: Given, b: Given) => Operand) =>
  binary((a, b) => (isNone(a) || isNone(b) ? null : run(a, b)));
const datePart = (part: (date: Date) => number) =>
  unaryOrNull((date) => {
    check(date instanceof Date, 16006, 'Parts are taken of dates, and without a time zone');
    return new Int32(part(date));
  });

/** Operators that are exact about BSON types and order. Dates are taken apart in UTC. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  $add: { operands: 'any', run: (a, b) => calculated('add', a, b), first: new Int32(0) },
  $multiply: { operands: 'any', run: (a, b) => calculated('multiply', a, b), first: new Int32(1) },
  $subtract: binary((a, b) => calculated('subtract', a, b)),
  $divide: binaryOrNull((a, b) => {
    const divisor = numberFrom(b);
    check(divisor !== 0, 16608, "can't divide by zero");
    return numberFrom(a) / divisor;
  }),
  // Of numbers only: Compass adds up sizes with it.
  $toDouble: unaryOrNull(numberFrom),
  $floor: unaryOrNull((a) => {
    const number = numberFrom(a);
    // Integers stay what they are.
    return typeof a === 'number' || a instanceof Double ? Math.floor(number) : a;
  }),
  $ln: unaryOrNull((a) => {
    const number = numberFrom(a);
    check(!(number <= 0), 28766, "$ln's argument must be a positive number");
    return Math.log(number);
  }),
  $eq: comparison((order) => order === 0),
  $ne: comparison((order) => order !== 0),
  $not: unary((value) => !isTruthy(value)),
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $type: unary(nameOf),
  $size: unary((array) => new Int32(arrayIn('$size', 17124, array).length)),
  $in: binary((value, array) => arrayIn('$in', 40081, array).some((each) => compare(value, each) === 0)),
  $arrayElemAt: binaryOrNull((array, index) => {
    const at = numberFrom(index);
    check(Number.isInteger(at), 28691, '$arrayElemAt takes a whole number');
    return arrayIn('$arrayElemAt', 28689, array).at(at);
  }),
  $objectToArray: unaryOrNull((value) => {
    check(value instanceof Map, 40390, '$objectToArray requires a document');
    return Array.from(value, ([k, v]) => bson({ k, v }));
  }),
  $indexOfBytes: binary((text, part) => {
    if (isNone(text)) return null;
    check(typeof text === 'string' && typeof part === 'string', 40091, '$indexOfBytes takes two strings');
    return new Int32(Buffer.from(text).indexOf(part));
  }),
  $year: datePart((date) => date.getUTCFullYear()),
  $month: datePart((date) => date.getUTCMonth() + 1),
  $dayOfMonth: datePart((date) => date.getUTCDate()),
  $hour: datePart((date) => date.getUTCHours()),
  $toString: unaryOrNull((value) => {
    // Versions of MongoDB differ in how they write doubles.
    check(WITH_TEXTS.has(nameOf(value)), 238, `$toString of the type ${nameOf(value)} is not supported`);
    return value instanceof Date ? value.toISOString() : String(value);
  }),
};

/** The name of an operand's type, as `$type` has it. */
function nameOf(operand: Operand): string {
  return operand === undefined ? 'missing' : typeName(asValue(operand)!);
}

/** A missing field stands before null here, where filters take the two for the same. */
function compare(a: Operand, b: Operand): number {
  if (a !== undefined && b !== undefined) return compareValues(asValue(a), asValue(b));
  return Number(a !== undefined) - Number(b !== undefined);
}

/** An operand that has to be an array. Counts its elements as work to be done. */
export function arrayIn(operator: string, code: number, array: Operand): BsonValue[] {
  if (!Array.isArray(array)) throw new MongoError(code, `${operator} takes an array, not ${nameOf(array)}`);
  countElements(array.length);
  return array;
}

export function isNone(operand: Operand): operand is null | undefined {
  return operand === null || operand === undefined;
}

/** The number as a double. Decimals are refused: what is made of them would have to be a decimal. */
function numberFrom(operand: Operand): number {
  if (typeof operand === 'number') return operand;
  check(isNumber(operand), 16609, 'Arithmetic only supports numeric types');
  check(!(operand instanceof Decimal128), 238, 'Arithmetic on decimals is not supported');
  return toDouble(operand);
}

/** The result has the wider of the two types. Beyond a long, arithmetic goes on in doubles. Dates move by milliseconds. */
function calculated(operation: Operation, a: Operand, b: Operand): Operand {
  if (isNone(a) || isNone(b)) return null;
  if (a instanceof Date && operation !== 'multiply') {
    if (b instanceof Date && operation === 'subtract') return Long.fromNumber(a.getTime() - b.getTime());
    const date = new Date(a.getTime() + (operation === 'add' ? 1 : -1) * numberFrom(b));
    check(!Number.isNaN(date.getTime()), 238, "a date is beyond JavaScript's");
    return date;
  }
  const x = asValue(a);
  const y = asValue(b);
  if (isNumber(x) && isNumber(y)) return calculate(operation, x, y);
  check(y instanceof Date && operation === 'add', 16554, 'Arithmetic only supports numbers and dates');
  return calculated(operation, y, x);
}
