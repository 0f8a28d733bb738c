import { Decimal128, Double, Int32, Long } from 'bson';
import { BsonNumber, BsonValue, isNumber, Value } from './bson-value';
import { check, MongoError } from './errors';
import { countElements, nameOf } from './evaluation';
import { calculate, Operation, toDouble } from './numbers';

/** `$add` of two: numbers, or a date and milliseconds. */
export function add(a: Value, b: Value): Value {
  if (a == null || b == null) return null;
  if (isNumber(a) && isNumber(b)) return calculated('add', a, b);
  if (a instanceof Date && isNumber(b)) return new Date(a.getTime() + toDouble(b));
  if (isNumber(a) && b instanceof Date) return new Date(b.getTime() + toDouble(a));
  throw new MongoError(16554, `$add does not support ${nameOf(a)} and ${nameOf(b)}`);
}

/** `$subtract`: numbers, two dates, or a date and milliseconds. */
export function subtract(a: Value, b: Value): Value {
  if (a == null || b == null) return null;
  if (isNumber(a) && isNumber(b)) return calculated('subtract', a, b);
  if (a instanceof Date && b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
  if (a instanceof Date && isNumber(b)) return new Date(a.getTime() - toDouble(b));
  throw new MongoError(16556, `$subtract does not support ${nameOf(a)} and ${nameOf(b)}`);
}

/** `$multiply` of two. */
export function multiply(a: Value, b: Value): Value {
  if (a == null || b == null) return null;
  if (isNumber(a) && isNumber(b)) return calculated('multiply', a, b);
  throw new MongoError(16555, `$multiply does not support ${nameOf(a)} and ${nameOf(b)}`);
}

/** Beyond a long, arithmetic goes on in doubles. */
function calculated(operation: Operation, a: BsonNumber, b: BsonNumber): BsonNumber {
  return calculate(operation, a, b) ?? calculate(operation, new Double(toDouble(a)), b)!;
}

/** An operator that divides; null where one of the two is missing. */
export function divide(a: Value, b: Value, run: (a: BsonNumber, b: BsonNumber) => BsonNumber): Value {
  if (a == null || b == null) return null;
  const areNumbers = isNumber(a) && isNumber(b);
  check(areNumbers, 16609, 'Division only supports numeric types');
  check(!(a instanceof Decimal128 || b instanceof Decimal128), 238, 'Division of decimals is not supported');
  check(toDouble(b) !== 0, 16608, "can't divide by zero");
  return run(a, b);
}

/** What a division towards zero leaves, in the wider of the two types. */
export function remainder(a: BsonNumber, b: BsonNumber): BsonNumber {
  if (a instanceof Double || b instanceof Double) return new Double(toDouble(a) % toDouble(b));
  const left = BigInt(a.toString()) % BigInt(b.toString());
  return a instanceof Int32 && b instanceof Int32 ? new Int32(Number(left)) : Long.fromBigInt(left);
}

/** Integers are what they are; decimals are refused. */
export function rounded(value: Value, round: (number: number) => number): Value {
  if (value == null) return null;
  if (value instanceof Double) return new Double(round(value.value));
  if (isNumber(value) && !(value instanceof Decimal128)) return value;
  throw new MongoError(28765, `Rounding is not supported on the type ${nameOf(value)}`);
}

/** As `$round` does it. */
export function halfToEven(number: number): number {
  const floor = Math.floor(number);
  return number - floor === 0.5 ? floor + Math.abs(floor % 2) : Math.round(number);
}

/** The logarithm of `$ln`. */
export function logarithm(value: BsonValue): number {
  const number = isNumber(value) && !(value instanceof Decimal128) ? toDouble(value) : null;
  check(number !== null, 28765, '$ln only supports ints, longs and doubles');
  check(!(number <= 0), 28766, "$ln's argument must be a positive number");
  return Math.log(number);
}

/** `$range`. */
export function range(...bounds: Value[]): Value {
  const [start, end, step = 1] = bounds.map((bound) => (isNumber(bound) ? toDouble(bound) : NaN));
  const areInts = [start!, end!, step].every((bound) => bound === (bound | 0));
  check(areInts && step !== 0, 34443, '$range takes 32-bit integers, and no step of 0');
  const count = Math.max(Math.ceil((end! - start!) / step), 0);
  countElements(count);
  return Array.from({ length: count }, (_, index) => new Int32(start! + index * step));
}
