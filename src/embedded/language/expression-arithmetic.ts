import { Double, Int32, Long } from 'bson';
import { calculate, divide, Operation, remainder } from './arithmetic';
import { BsonNumber, isNumber } from './bson-value';
import { MongoError } from './errors';
import { isNullish, nameOf, Value } from './expression-scope';
import { toDouble } from './numbers';

/** `$add`: numbers, or a date and milliseconds. */
export function add(...values: Value[]): Value {
  let total: BsonNumber = new Int32(0);
  let date: Date | null = null;
  for (const value of values) {
    if (isNullish(value)) return null;
    if (value instanceof Date) {
      if (date) throw new MongoError(16612, 'only one date allowed in an $add expression');
      date = value;
    } else if (isNumber(value)) {
      total = calculated('add', total, value);
    } else {
      throw new MongoError(16554, `$add only supports numeric or date types, not ${nameOf(value)}`);
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
  if (isNullish(a) || isNullish(b)) return null;
  if (isNumber(a) && isNumber(b)) return calculated('subtract', a, b);
  if (a instanceof Date && b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
  if (a instanceof Date && isNumber(b)) return new Date(a.getTime() - toDouble(b));
  throw new MongoError(16556, `cant $subtract a${nameOf(b)} from a${nameOf(a)}`);
}

/** `$multiply`. */
export function multiply(...values: Value[]): Value {
  let product: BsonNumber = new Int32(1);
  for (const value of values) {
    if (isNullish(value)) return null;
    if (!isNumber(value)) {
      throw new MongoError(16555, `$multiply only supports numeric types, not ${nameOf(value)}`);
    }
    product = calculated('multiply', product, value);
  }
  return product;
}

/** `$divide`. */
export function quotient(a: Value, b: Value): Value {
  if (isNumber(a) && isNumber(b)) {
    if (toDouble(b) === 0) throw new MongoError(16608, "can't $divide by zero");
    return divide(a, b);
  }
  if (isNullish(a) || isNullish(b)) return null;
  throw new MongoError(16609, `$divide only supports numeric types, not ${nameOf(a)} and ${nameOf(b)}`);
}

/** `$mod`. */
export function modulo(a: Value, b: Value): Value {
  if (isNumber(a) && isNumber(b)) {
    if (toDouble(b) === 0) throw new MongoError(16610, "can't $mod by zero");
    return remainder(a, b);
  }
  if (isNullish(a) || isNullish(b)) return null;
  throw new MongoError(16611, `$mod only supports numeric types, not ${nameOf(a)} and ${nameOf(b)}`);
}
