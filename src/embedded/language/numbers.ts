import { Decimal128, Double, Int32, Long } from 'bson';
import { BsonNumber } from './bson-value';
import { check } from './errors';

/** `digits * 2^binary * 10^decimal`: any finite BSON number, exactly. */
interface ExactNumber {
  readonly digits: bigint;
  readonly binary: number;
  readonly decimal: number;
}

const bits = new DataView(new ArrayBuffer(8));

/** The nearest double. */
export function toDouble(value: BsonNumber): number {
  if (value instanceof Int32 || value instanceof Double) return value.value;
  return value instanceof Long ? value.toNumber() : Number(value.toString());
}

/** Compares by exact value over all types; NaN equals itself and stands before everything. */
export function compareNumbers(a: BsonNumber, b: BsonNumber): number {
  const x = toDouble(a);
  const y = toDouble(b);
  // Rounding keeps the order, so only numbers with the same nearest double need a closer look.
  if (x < y) return -1;
  if (x > y) return 1;
  if (x !== x || y !== y) return x === y ? 0 : Number(x === x) - Number(y === y);
  if (isDoubleExactly(a) && isDoubleExactly(b)) return 0;
  return compareExactly(a, b);
}

function isDoubleExactly(value: BsonNumber): boolean {
  return value instanceof Int32 || value instanceof Double;
}

function compareExactly(a: BsonNumber, b: BsonNumber): number {
  const x = exactly(a);
  const y = exactly(b);
  if (x === null || y === null) return signOfInfinity(a) - signOfInfinity(b);
  const binary = Math.min(x.binary, y.binary);
  const decimal = Math.min(x.decimal, y.decimal);
  const left = scale(x, binary, decimal);
  const right = scale(y, binary, decimal);
  return left < right ? -1 : left > right ? 1 : 0;
}

function scale(value: ExactNumber, binary: number, decimal: number): bigint {
  return (value.digits << BigInt(value.binary - binary)) * 10n ** BigInt(value.decimal - decimal);
}

function signOfInfinity(value: BsonNumber): number {
  return exactly(value) === null ? Math.sign(toDouble(value)) : 0;
}

function exactly(value: BsonNumber): ExactNumber | null {
  if (value instanceof Int32) return { digits: BigInt(value.value), binary: 0, decimal: 0 };
  if (value instanceof Long) return { digits: value.toBigInt(), binary: 0, decimal: 0 };
  return value instanceof Double ? exactDouble(value.value) : exactDecimal(value);
}

function exactDouble(value: number): ExactNumber | null {
  if (!Number.isFinite(value)) return null;
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const exponent = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xf_ffff_ffff_ffffn;
  const digits = exponent === 0 ? fraction : fraction | (1n << 52n);
  return { digits: value < 0 ? -digits : digits, binary: Math.max(exponent, 1) - 1075, decimal: 0 };
}

/** A decimal by its digits, or null for NaN and the infinities. */
function exactDecimal(value: Decimal128): ExactNumber | null {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(value.toString());
  if (!parts) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  return { digits: BigInt(sign + whole + fraction), binary: 0, decimal: Number(exponent) - fraction.length };
}

/** The greatest double that is not above `value`, and whether it is `value` exactly. */
export function doubleBelow(value: BsonNumber): { double: number; exact: boolean } {
  const double = toDouble(value);
  if (isDoubleExactly(value) || (value instanceof Long && Number.isSafeInteger(double)))
    return { double, exact: true };
  const order = compareNumbers(new Double(double), value);
  return order > 0 ? { double: nextDown(double), exact: false } : { double, exact: order === 0 };
}

function nextDown(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return bits.getFloat64(0);
}

/** Digits without zeros at either end, and the power of ten of the first: `-12.50` is `{ '125', 1 }`. */
export function significantDigits(value: Long | Decimal128): {
  digits: string;
  exponent: number;
  negative: boolean;
} {
  const { digits, decimal } = exactly(value)!;
  const text = (digits < 0n ? -digits : digits).toString();
  return { digits: text.replace(/0+$/, ''), exponent: text.length - 1 + decimal, negative: digits < 0n };
}

/** A number cut to a 64-bit integer, or null where it has none. */
export function integerPart(value: BsonNumber): bigint | null {
  if (value instanceof Long) return value.toBigInt();
  const whole = Math.trunc(toDouble(value));
  return Math.abs(whole) < 2 ** 63 ? BigInt(whole) : null;
}

export type Operation = 'add' | 'subtract' | 'multiply';

/** The digits that a Decimal128 has room for. */
const DECIMAL_DIGITS = 34;
const LONG_LIMIT = 2n ** 63n;

/**
 * Adds, subtracts or multiplies as MongoDB does: the result has the wider of the two types, except that an int that
 * overflows becomes a long. Null where a long would overflow.
 * @throws MongoError NotImplemented (238) for decimals whose result would have to be rounded
 */
export function calculate(operation: Operation, a: BsonNumber, b: BsonNumber): BsonNumber | null {
  if (a instanceof Decimal128 || b instanceof Decimal128) return calculateDecimal(operation, a, b);
  const x = toDouble(a);
  const y = toDouble(b);
  const number = operation === 'add' ? x + y : operation === 'subtract' ? x - y : x * y;
  if (a instanceof Double || b instanceof Double) return new Double(number);
  if (Number.isSafeInteger(x) && Number.isSafeInteger(y) && Number.isSafeInteger(number)) {
    const isInt = a instanceof Int32 && b instanceof Int32 && number === (number | 0);
    return isInt ? new Int32(number) : Long.fromNumber(number);
  }
  const result = onIntegers(operation, BigInt(a.toString()), BigInt(b.toString()));
  return result >= LONG_LIMIT || result < -LONG_LIMIT ? null : Long.fromBigInt(result);
}

function onIntegers(operation: Operation, a: bigint, b: bigint): bigint {
  return operation === 'add' ? a + b : operation === 'subtract' ? a - b : a * b;
}

function calculateDecimal(operation: Operation, a: BsonNumber, b: BsonNumber): Decimal128 {
  const x = exactDecimal(toDecimal(a));
  const y = exactDecimal(toDecimal(b));
  check(x !== null && y !== null, 238, 'Arithmetic on infinite decimals is not supported');
  const decimal = Math.min(x.decimal, y.decimal);
  const [left, right] = [x, y].map((each) => each.digits * 10n ** BigInt(each.decimal - decimal));
  const product = operation === 'multiply';
  const digits = product ? x.digits * y.digits : onIntegers(operation, left!, right!);
  const isExact = digits.toString().replace('-', '').length <= DECIMAL_DIGITS;
  check(isExact, 238, 'Arithmetic on decimals of more than 34 digits is not supported');
  return Decimal128.fromString(`${digits}E${product ? x.decimal + y.decimal : decimal}`);
}

/** A number as a decimal; a double by the 15 digits that it is sure of. */
function toDecimal(value: BsonNumber): Decimal128 {
  const text = value instanceof Double ? String(Number(value.value.toPrecision(15))) : value.toString();
  return value instanceof Decimal128 ? value : Decimal128.fromString(text);
}
