import { Decimal128, Double, Int32, Long } from 'bson';
import { BsonNumber } from './bson-value';
import { exactDecimal, toDouble } from './numbers';

export type Operation = 'add' | 'subtract' | 'multiply';

/** The digits that a Decimal128 has room for, and the powers of ten that its last digit may stand for. */
const DECIMAL_DIGITS = 34;
const LEAST_EXPONENT = -6176;
const GREATEST_EXPONENT = 6111;

const LONG_LIMIT = 2n ** 63n;

/**
 * Adds, subtracts or multiplies as MongoDB does: the result has the wider of the two types, except that an int that
 * overflows becomes a long. Null where a long would overflow.
 */
export function calculate(operation: Operation, a: BsonNumber, b: BsonNumber): BsonNumber | null {
  if (a instanceof Decimal128 || b instanceof Decimal128) return calculateDecimal(operation, a, b);
  if (a instanceof Double || b instanceof Double) {
    return new Double(onNumbers(operation, toDouble(a), toDouble(b)));
  }
  const bothInts = a instanceof Int32 && b instanceof Int32;
  const x = toDouble(a);
  const y = toDouble(b);
  const number = onNumbers(operation, x, y);
  if (Number.isSafeInteger(x) && Number.isSafeInteger(y) && Number.isSafeInteger(number)) {
    return bothInts && number === (number | 0) ? new Int32(number) : Long.fromNumber(number);
  }
  const result = onIntegers(operation, BigInt(a.toString()), BigInt(b.toString()));
  return result >= LONG_LIMIT || result < -LONG_LIMIT ? null : Long.fromBigInt(result);
}

function onNumbers(operation: Operation, a: number, b: number): number {
  return operation === 'add' ? a + b : operation === 'subtract' ? a - b : a * b;
}

function onIntegers(operation: Operation, a: bigint, b: bigint): bigint {
  return operation === 'add' ? a + b : operation === 'subtract' ? a - b : a * b;
}

function calculateDecimal(operation: Operation, a: BsonNumber, b: BsonNumber): Decimal128 {
  const x = exactDecimal(toDecimal(a));
  const y = exactDecimal(toDecimal(b));
  if (x === null || y === null) {
    return Decimal128.fromString(String(onNumbers(operation, toDouble(a), toDouble(b))));
  }
  if (operation === 'multiply') return roundToDecimal(x.digits * y.digits, x.decimal + y.decimal);
  const exponent = Math.min(x.decimal, y.decimal);
  const aligned = [x, y].map(({ digits, decimal }) => digits * 10n ** BigInt(decimal - exponent));
  return roundToDecimal(onIntegers(operation, aligned[0]!, aligned[1]!), exponent);
}

/** A number as a decimal; a double by the 15 digits that it is sure of. */
export function toDecimal(value: BsonNumber): Decimal128 {
  if (value instanceof Decimal128) return value;
  const text = value instanceof Double ? String(Number(value.value.toPrecision(15))) : value.toString();
  return Decimal128.fromString(text);
}

/** Rounds half to even, as IEEE 754 does; what is too large becomes infinite, what is too small zero. */
function roundToDecimal(digits: bigint, exponent: number): Decimal128 {
  const sign = digits < 0n ? '-' : '';
  const length = digits.toString().length - sign.length;
  const excess = Math.max(length - DECIMAL_DIGITS, LEAST_EXPONENT - exponent);
  if (excess > 0) return roundToDecimal(roundedQuotient(digits, 10n ** BigInt(excess)), exponent + excess);
  if (exponent <= GREATEST_EXPONENT || digits === 0n) {
    return Decimal128.fromString(`${digits}E${Math.min(exponent, GREATEST_EXPONENT)}`);
  }
  if (exponent + length - DECIMAL_DIGITS > GREATEST_EXPONENT) return Decimal128.fromString(`${sign}Infinity`);
  return Decimal128.fromString(
    `${digits * 10n ** BigInt(exponent - GREATEST_EXPONENT)}E${GREATEST_EXPONENT}`,
  );
}

function roundedQuotient(digits: bigint, unit: bigint): bigint {
  const whole = digits / unit;
  const rest = 2n * (digits < 0n ? -(digits % unit) : digits % unit);
  const up = rest > unit || (rest === unit && whole % 2n !== 0n);
  return up ? whole + (digits < 0n ? -1n : 1n) : whole;
}

/** A quotient: a decimal where one of the two is, a double otherwise. */
export function divide(a: BsonNumber, b: BsonNumber): Double | Decimal128 {
  if (!(a instanceof Decimal128 || b instanceof Decimal128)) return new Double(toDouble(a) / toDouble(b));
  const x = exactDecimal(toDecimal(a));
  const y = exactDecimal(toDecimal(b));
  if (!x || !y?.digits) return Decimal128.fromString(String(toDouble(a) / toDouble(b)));
  const places = 2 * DECIMAL_DIGITS;
  const quotient = (x.digits * 10n ** BigInt(places)) / y.digits;
  const rounded = roundToDecimal(quotient, x.decimal - y.decimal - places);
  return withoutTrailingZeros(rounded, x.decimal - y.decimal);
}

/** An exact quotient has the exponent that division suggests, not all the places that there are. */
function withoutTrailingZeros(value: Decimal128, exponent: number): Decimal128 {
  const exact = exactDecimal(value);
  if (!exact) return value;
  let { digits, decimal } = exact;
  while (decimal < exponent && digits % 10n === 0n) {
    digits /= 10n;
    decimal++;
  }
  return Decimal128.fromString(`${digits}E${decimal}`);
}

/** What is left of a division towards zero, in the wider of the two types. */
export function remainder(a: BsonNumber, b: BsonNumber): BsonNumber {
  if (a instanceof Double || b instanceof Double) return new Double(toDouble(a) % toDouble(b));
  if (a instanceof Decimal128 || b instanceof Decimal128) {
    return toDecimal(new Double(toDouble(a) % toDouble(b)));
  }
  const left = BigInt(a.toString()) % BigInt(b.toString());
  return a instanceof Int32 && b instanceof Int32 ? new Int32(Number(left)) : Long.fromBigInt(left);
}
