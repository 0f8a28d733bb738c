import { Decimal128, Double, Int32, Long } from 'bson';
import { BsonNumber } from './bson-value';
import { check } from './errors';

/** The nearest double. */
export function toDouble(value: BsonNumber): number {
  if (value instanceof Int32 || value instanceof Double) return value.value;
  return value instanceof Long ? value.toNumber() : Number(value.toString());
}

/** `digits * 10^exponent`: any finite BSON number, exactly. */
interface ExactNumber {
  readonly digits: bigint;
  readonly exponent: number;
}

/** A long or a decimal; null for NaN and the infinities. */
function exactly(value: BsonNumber): ExactNumber | null {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(value.toString());
  if (!parts) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  return { digits: BigInt(sign + whole + fraction), exponent: Number(exponent) - fraction.length };
}

function exactDouble(value: number): ExactNumber | null {
  if (!Number.isFinite(value)) return null;
  // A half is five tenths, and to double is exact.
  let halvings = 0;
  for (; !Number.isInteger(value); halvings++) value *= 2;
  return { digits: BigInt(value) * 5n ** BigInt(halvings), exponent: -halvings };
}

/** The greatest double that is not above `value`, and whether it is `value` exactly. */
export function doubleBelow(value: BsonNumber): { double: number; exact: boolean } {
  const double = toDouble(value);
  const isDouble = !(value instanceof Decimal128 || (value instanceof Long && !Number.isSafeInteger(double)));
  const wanted = isDouble ? null : exactly(value);
  if (!wanted) return { double, exact: true };
  const nearest = exactDouble(double);
  const exponent = Math.min(wanted.exponent, nearest?.exponent ?? 0);
  const scaled = ({ digits, exponent: own }: ExactNumber) => digits * 10n ** BigInt(own - exponent);
  const beyond = nearest ? scaled(nearest) - scaled(wanted) : double;
  return beyond > 0 ? { double: nextDown(double), exact: false } : { double, exact: beyond === 0n };
}

const bits = new DataView(new ArrayBuffer(8));

function nextDown(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return bits.getFloat64(0);
}

/** Digits without zeros at either end, and the power of ten of the first: `-12.50` is `{ '125', 1 }`. */
export function significantDigits(value: BsonNumber) {
  const { digits, exponent } = exactly(value)!;
  const text = String(digits).replace('-', '');
  return { digits: text.replace(/0+$/, ''), exponent: text.length - 1 + exponent, negative: digits < 0n };
}

export type Operation = 'add' | 'subtract' | 'multiply';

/**
 * Adds, subtracts or multiplies as MongoDB's expressions do: the result has the wider of the two types, but an int that
 * overflows becomes a long, and a long a double.
 * @throws MongoError NotImplemented (238) for decimals, which are stored and compared, but not calculated with
 */
export function calculate(operation: Operation, a: BsonNumber, b: BsonNumber): BsonNumber {
  if (a instanceof Int32 && b instanceof Int32) {
    const number = calculateDouble(operation, a.value, b.value);
    if (number === (number | 0)) return new Int32(number);
  }
  check(!(a instanceof Decimal128 || b instanceof Decimal128), 238, 'Decimals cannot be calculated with');
  const x = toDouble(a);
  const y = toDouble(b);
  const number = calculateDouble(operation, x, y);
  if (a instanceof Double || b instanceof Double) return new Double(number);
  if ([x, y, number].every(Number.isSafeInteger)) return Long.fromNumber(number);
  const left = BigInt(a.toString());
  const right = BigInt(b.toString());
  const result = operation === 'multiply' ? left * right : left + (operation === 'add' ? right : -right);
  return BigInt.asIntN(64, result) === result ? Long.fromBigInt(result) : new Double(number);
}

function calculateDouble(operation: Operation, x: number, y: number): number {
  return operation === 'multiply' ? x * y : operation === 'add' ? x + y : x - y;
}
