import { Decimal128, Double, Int32, Long } from 'bson';
import { BsonNumber, isNumber, Value } from './bson-value';
import { check, MongoError } from './errors';
import { nameOf } from './evaluation';
import { calculate, Operation, toDouble } from './numbers';

/** A value while arithmetic is under way: a double is JavaScript's number, for which no object need be made. */
export type Operand = Value | number;

/** One arithmetic operator. */
export interface Arithmetic {
  /** How many operands it takes, or any number, which it takes from the left to the right. */
  readonly operands: 1 | 2 | 'any';
  run(a: Operand, b: Operand): Operand;
  /** What it gives without operands. */
  readonly neutral?: BsonNumber;
}

const ZERO = new Int32(0);

/** The operators that make numbers of numbers, and dates. Null and missing operands give null. */
export const ARITHMETIC: Readonly<Record<string, Arithmetic>> = {
  $add: { operands: 'any', run: add, neutral: ZERO },
  $multiply: {
    operands: 'any',
    run: (a, b) => onNumbers('multiply', a, b, 16555),
    neutral: new Int32(1),
  },
  $subtract: { operands: 2, run: subtract },
  $divide: { operands: 2, run: (a, b) => divide(a, b, (x, y) => x / y) },
  $mod: { operands: 2, run: (a, b) => divide(a, b, remainder) },
  $floor: rounding(Math.floor),
  $ceil: rounding(Math.ceil),
  $trunc: rounding(Math.trunc),
  $round: rounding(halfToEven),
  $abs: { operands: 1, run: (a) => onNumbers(doubleOf(a) < 0 ? 'subtract' : 'add', ZERO, a, 28765) },
  $sqrt: ofDouble(Math.sqrt, 28714, (x) => x < 0),
  $exp: ofDouble(Math.exp),
  $ln: ofDouble(Math.log, 28766, (x) => x <= 0),
  $log10: ofDouble(Math.log10, 28761, (x) => x <= 0),
};

/** The value as it is when arithmetic is done. */
export function asValue(operand: Operand): Value {
  return typeof operand === 'number' ? new Double(operand) : operand;
}

function isNone(operand: Operand): operand is null | undefined {
  return operand === null || operand === undefined;
}

/** The nearest double; NaN for what is no number. */
function doubleOf(operand: Operand): number {
  if (typeof operand === 'number') return operand;
  return isNumber(operand) ? toDouble(operand) : NaN;
}

function isDouble(operand: Operand): boolean {
  return typeof operand === 'number' || operand instanceof Double;
}

function add(a: Operand, b: Operand): Operand {
  if (a instanceof Date && !isNone(b)) return moved(a, b, 1, 16554);
  return b instanceof Date && !isNone(a) ? moved(b, a, 1, 16554) : onNumbers('add', a, b, 16554);
}

function subtract(a: Operand, b: Operand): Operand {
  if (!(a instanceof Date) || isNone(b)) return onNumbers('subtract', a, b, 16556);
  return b instanceof Date ? longOf(a.getTime() - b.getTime()) : moved(a, b, -1, 16556);
}

function moved(date: Date, by: Operand, sign: 1 | -1, code: number): Date {
  check(typeof by === 'number' || isNumber(by), code, 'A date goes with a number of milliseconds only');
  return new Date(date.getTime() + sign * doubleOf(by));
}

/** Of whole numbers that doubles hold exactly. */
function longOf(value: number): Long {
  return new Long(value | 0, Math.floor(value / 2 ** 32));
}

/** The result has the wider of the two types. Beyond a long, arithmetic goes on in doubles. */
function onNumbers(operation: Operation, a: Operand, b: Operand, code: number): Operand {
  if (isNone(a) || isNone(b)) return null;
  const x = asValue(a);
  const y = asValue(b);
  if (!isNumber(x) || !isNumber(y)) {
    throw new MongoError(code, `Cannot ${operation} the types ${nameOf(x)} and ${nameOf(y)}`);
  }
  return calculate(operation, x, y) ?? calculate(operation, new Double(toDouble(x)), y)!;
}

function divide(
  a: Operand,
  b: Operand,
  run: (x: number, y: number, a: Operand, b: Operand) => Operand,
): Operand {
  if (isNone(a) || isNone(b)) return null;
  const x = exactable(a, 16609);
  const y = exactable(b, 16609);
  check(y !== 0, 16608, "can't divide by zero");
  return run(x, y, a, b);
}

/** What a division towards zero leaves, in the wider of the two types. */
function remainder(x: number, y: number, a: Operand, b: Operand): Operand {
  if (isDouble(a) || isDouble(b)) return x % y;
  const left = BigInt(String(a)) % BigInt(String(b));
  return a instanceof Int32 && b instanceof Int32 ? new Int32(Number(left)) : Long.fromBigInt(left);
}

/** The number as a double. Decimals are refused: what is made of them would have to be a decimal. */
function exactable(operand: Operand, code: number): number {
  if (typeof operand === 'number') return operand;
  check(isNumber(operand), code, 'Arithmetic only supports numeric types');
  check(!(operand instanceof Decimal128), 238, 'This operator is not supported on decimals');
  return toDouble(operand);
}

/** Integers stay what they are. */
function rounding(round: (number: number) => number): Arithmetic {
  const run = (a: Operand) => {
    if (isNone(a)) return null;
    const number = exactable(a, 28765);
    return isDouble(a) ? round(number) : a;
  };
  return { operands: 1, run };
}

/** As `$round` does it. */
function halfToEven(number: number): number {
  const floor = Math.floor(number);
  return number - floor === 0.5 ? floor + Math.abs(floor % 2) : Math.round(number);
}

/** @param isOutside numbers that it has no result for */
function ofDouble(
  calculateOne: (number: number) => number,
  code = 28765,
  isOutside: (number: number) => boolean = () => false,
): Arithmetic {
  const run = (a: Operand) => {
    if (isNone(a)) return null;
    const number = exactable(a, 28765);
    check(!isOutside(number), code, `No result for ${number}`);
    return calculateOne(number);
  };
  return { operands: 1, run };
}
