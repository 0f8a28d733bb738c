import { Decimal128, Double, Int32, Long } from 'bson';
import { isNumber, Value } from './bson-value';
import { check, MongoError } from './errors';
import { nameOf } from './evaluation';
import { calculate, Operation, toDouble } from './numbers';

/** A value while arithmetic is under way: a double is JavaScript's number, for which no object need be made. */
export type Operand = Value | number;

/** An operator that is given what its operands evaluate to. */
export interface Operator<Given = Value> {
  /** How many operands it takes; with `first`, any number: `run` takes the result so far and the next one. */
  readonly operands: 1 | 2 | 'any';
  run(a: Given, b: Given): Given;
  readonly first?: Value;
}

/** The operators that make numbers of numbers, and dates. Null and missing operands give null. */
export const ARITHMETIC: Readonly<Record<string, Operator<Operand>>> = {
  $add: { operands: 'any', run: add, first: new Int32(0) },
  $multiply: { operands: 'any', run: (a, b) => onNumbers('multiply', a, b), first: new Int32(1) },
  $subtract: { operands: 2, run: subtract },
  $divide: { operands: 2, run: (a, b) => divide(a, b, (x, y) => x / y) },
  $mod: { operands: 2, run: (a, b) => divide(a, b, remainder) },
  $floor: { operands: 1, run: (a) => rounded(a, Math.floor) },
  $ceil: { operands: 1, run: (a) => rounded(a, Math.ceil) },
  $ln: { operands: 1, run: (a) => (isNone(a) ? null : logarithm(exactDouble(a, 28765))) },
};

const CODES = { add: 16554, subtract: 16556, multiply: 16555 };

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
  if (a instanceof Int32 && b instanceof Int32) {
    const sum = a.value + b.value;
    if (sum === (sum | 0)) return new Int32(sum);
  }
  if (a instanceof Date && !isNone(b)) return moved(a, b, 1);
  return b instanceof Date && !isNone(a) ? moved(b, a, 1) : onNumbers('add', a, b);
}

function subtract(a: Operand, b: Operand): Operand {
  if (!(a instanceof Date) || isNone(b)) return onNumbers('subtract', a, b);
  return b instanceof Date ? longOf(a.getTime() - b.getTime()) : moved(a, b, -1);
}

function moved(date: Date, by: Operand, sign: 1 | -1): Date {
  const milliseconds = doubleOf(by);
  check(!Number.isNaN(milliseconds), 16556, 'A date goes with a number of milliseconds only');
  return new Date(date.getTime() + sign * milliseconds);
}

/** Of whole numbers that doubles hold exactly. */
function longOf(value: number): Long {
  return new Long(value | 0, Math.floor(value / 2 ** 32));
}

/** The result has the wider of the two types. Beyond a long, arithmetic goes on in doubles. */
function onNumbers(operation: Operation, a: Operand, b: Operand): Operand {
  if (isNone(a) || isNone(b)) return null;
  const x = asValue(a);
  const y = asValue(b);
  if (!isNumber(x) || !isNumber(y)) {
    throw new MongoError(CODES[operation], `Cannot ${operation} the types ${nameOf(x)} and ${nameOf(y)}`);
  }
  return calculate(operation, x, y) ?? calculate(operation, new Double(toDouble(x)), y)!;
}

type Division = (x: number, y: number, a: Operand, b: Operand) => Operand;

function divide(a: Operand, b: Operand, run: Division): Operand {
  if (isNone(a) || isNone(b)) return null;
  const x = exactDouble(a, 16609);
  const y = exactDouble(b, 16609);
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
function exactDouble(operand: Operand, code: number): number {
  if (typeof operand === 'number') return operand;
  check(isNumber(operand), code, 'Arithmetic only supports numeric types');
  check(!(operand instanceof Decimal128), 238, 'This operator is not supported on decimals');
  return toDouble(operand);
}

/** Integers stay what they are. */
function rounded(operand: Operand, round: (number: number) => number): Operand {
  if (isNone(operand)) return null;
  const number = exactDouble(operand, 28765);
  return isDouble(operand) ? round(number) : operand;
}

function logarithm(number: number): number {
  check(!(number <= 0), 28766, "$ln's argument must be a positive number");
  return Math.log(number);
}
