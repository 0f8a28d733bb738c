import { Decimal128, Double, Int32, Long } from 'bson';
import { calculate, divide, Operation, remainder } from './arithmetic';
import { BsonNumber, isNumber } from './bson-value';
import { check, MongoError } from './errors';
import { nameOf, Value } from './expression-scope';
import { toDouble } from './numbers';

/** `$add`: numbers, or a date and milliseconds. */
export function add(...values: Value[]): Value {
  let total: BsonNumber = new Int32(0);
  let date: Date | null = null;
  for (const value of values) {
    if (value == null) return null;
    if (value instanceof Date) {
      check(date === null, 16612, 'only one date allowed in an $add expression');
      date = value;
    } else {
      total = calculated('add', total, numberIn('$add', 16554, value));
    }
  }
  return date ? new Date(date.getTime() + toDouble(total)) : total;
}

/** Beyond a long, arithmetic goes on in doubles. */
function calculated(operation: Operation, a: BsonNumber, b: BsonNumber): BsonNumber {
  return calculate(operation, a, b) ?? calculate(operation, new Double(toDouble(a)), b)!;
}

/** `$subtract`: numbers, two dates, or a date and milliseconds. */
export function subtract(a: Value, b: Value): Value {
  if (a == null || b == null) return null;
  if (isNumber(a) && isNumber(b)) return calculated('subtract', a, b);
  if (a instanceof Date && b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
  if (a instanceof Date && isNumber(b)) return new Date(a.getTime() - toDouble(b));
  throw new MongoError(16556, `can't $subtract ${nameOf(b)} from ${nameOf(a)}`);
}

/** `$multiply`. */
export function multiply(...values: Value[]): Value {
  let product: BsonNumber = new Int32(1);
  for (const value of values) {
    if (value == null) return null;
    product = calculated('multiply', product, numberIn('$multiply', 16555, value));
  }
  return product;
}

/** `$divide`. */
export function quotient(a: Value, b: Value): Value {
  return ofTwo('$divide', 16608, a, b, divide);
}

/** `$mod`. */
export function modulo(a: Value, b: Value): Value {
  return ofTwo('$mod', 16610, a, b, remainder);
}

function ofTwo(
  operator: string,
  code: number,
  a: Value,
  b: Value,
  run: (a: BsonNumber, b: BsonNumber) => BsonNumber,
): Value {
  if (a == null || b == null) return null;
  const divisor = numberIn(operator, code + 1, b);
  check(toDouble(divisor) !== 0, code, "can't divide by zero");
  return run(numberIn(operator, code + 1, a), divisor);
}

/** `$floor`. */
export function floor(value: Value): Value {
  if (value == null) return null;
  if (value instanceof Double) return new Double(Math.floor(value.value));
  const number = numberIn('$floor', 28765, value);
  check(!(number instanceof Decimal128), 238, '$floor is not supported on decimals');
  return number;
}

/** `$ln`. */
export function naturalLogarithm(value: Value): Value {
  if (value == null) return null;
  const number = numberIn('$ln', 28765, value);
  check(!(number instanceof Decimal128), 238, '$ln is not supported on decimals');
  check(!(toDouble(number) <= 0), 28766, "$ln's argument must be a positive number");
  return new Double(Math.log(toDouble(number)));
}

function numberIn(operator: string, code: number, value: Exclude<Value, null | undefined>): BsonNumber {
  if (isNumber(value)) return value;
  throw new MongoError(code, `${operator} does not support the type ${nameOf(value)}`);
}
