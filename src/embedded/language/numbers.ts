import { Decimal128, Double, Int32, Long } from 'bson';
import { BsonNumber } from './bson-value';

/** `digits * 2^binary * 10^decimal`: any finite BSON number, exactly. */
export interface ExactNumber {
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
export function exactDecimal(value: Decimal128): ExactNumber | null {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(value.toString());
  if (!parts) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  return { digits: BigInt(sign + whole + fraction), binary: 0, decimal: Number(exponent) - fraction.length };
}

/** The greatest double that is not above `value`, and whether it is `value` exactly. */
export function doubleBelow(value: BsonNumber): { double: number; exact: boolean } {
  const double = toDouble(value);
  if (isDoubleExactly(value)) return { double, exact: true };
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
