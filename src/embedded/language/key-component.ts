import { Binary, BSONRegExp, Code, Double, Int32, ObjectId, Timestamp } from 'bson';
import { BsonNumber, BsonValue, canonicalType, CANONICAL_TYPES, isNumber, Value } from './bson-value';
import { doubleBelow, significantDigits, toDouble } from './numbers';

/** An empty array's place in an index: before null, as MongoDB's `undefined`. */
export const NOTHING = Symbol('nothing in an empty array');

/** The component in the making: one buffer, used again for each and copied once at its end. */
let buffer = Buffer.allocUnsafe(1024);
let length = 0;

/**
 * One component of an index key. Its bytes compare as `compareValues` compares (turned over for -1, which a first byte
 * above 127 shows), no component is the beginning of another, and equal numbers of different types are the same bytes.
 * Missing is null.
 */
export function encodeKeyComponent(value: Value | typeof NOTHING, direction: 1 | -1): Uint8Array {
  length = 0;
  if (value === NOTHING) writeByte(CANONICAL_TYPES.undefined);
  else {
    writeByte(canonicalType(value));
    writeBody(value);
  }
  const bytes = buffer;
  const key = new Uint8Array(length);
  const flip = direction === 1 ? 0 : 0xff;
  for (let i = 0; i < key.length; i++) key[i] = bytes[i]! ^ flip;
  return key;
}

/** BSON order over all types, numbers by exact value, a missing field as null: the order of index keys. */
export function compareValues(a: Value, b: Value): number {
  if (a === b) return 0;
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  if (isNumber(a) && isNumber(b)) {
    const order = toDouble(a) - toDouble(b);
    // Rounding keeps the order, so only numbers with the same nearest double need a closer look.
    if (order < 0 || order > 0 || (order === 0 && a instanceof Int32 && b instanceof Int32)) return order;
  }
  const byType = canonicalType(a) - canonicalType(b);
  return byType || Buffer.compare(encodeKeyComponent(a, 1), encodeKeyComponent(b, 1));
}

/** The same text for values that are equal to MongoDB, whatever their types: equal numbers of different types, for one. */
export function identityOf(value: Value): string {
  // Also with the type in front, and without encoding the most frequent one.
  if (typeof value === 'string') return `\x11${value}`;
  return Buffer.from(encodeKeyComponent(value, 1)).toString('latin1');
}

function writeBody(value: Value): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'string') return writeText(value);
  if (typeof value === 'boolean') return writeByte(Number(value));
  if (isNumber(value)) return writeNumber(value);
  if (value instanceof Date) return writeDouble(value.getTime());
  if (value instanceof ObjectId) return writeBytes(value.id);
  if (value instanceof Map || Array.isArray(value)) return writeContainer(value);
  if (value instanceof Binary) {
    writeUint32(value.length());
    writeByte(value.sub_type);
    return writeBytes(value.value());
  }
  if (value instanceof Timestamp) {
    writeUint32(value.high);
    return writeUint32(value.low);
  }
  if (value instanceof BSONRegExp) {
    writeText(value.pattern);
    return writeText(value.options);
  }
  if (value instanceof Code) writeText(value.code);
}

/** Values, each with its name behind its type where they have names, and 0 at the end. */
function writeContainer(container: ReadonlyMap<string, BsonValue> | readonly BsonValue[]): void {
  for (const [name, value] of container.entries()) {
    writeByte(canonicalType(value));
    if (typeof name === 'string') writeText(name);
    writeBody(value);
  }
  writeByte(0);
}

/** The greatest double below or at the number, then 0, or 1 and the decimal digits where that is not all of it. */
function writeNumber(value: BsonNumber): void {
  const isDouble = value instanceof Int32 || value instanceof Double;
  const { double, exact } = isDouble ? { double: value.value, exact: true } : doubleBelow(value);
  writeDouble(double);
  writeByte(exact ? 0 : 1);
  if (exact) return;
  const { digits, exponent, negative } = significantDigits(value);
  const flip = negative ? 0xff : 0;
  const biased = exponent + 0x4000;
  for (const byte of [biased >> 8, biased & 0xff, ...Buffer.from(digits), 0]) writeByte(byte ^ flip);
}

function writeByte(value: number): void {
  reserve(1);
  buffer[length++] = value;
}

function writeBytes(value: Uint8Array): void {
  reserve(value.length);
  buffer.set(value, length);
  length += value.length;
}

function writeUint32(value: number): void {
  reserve(4);
  length = buffer.writeUInt32BE(value >>> 0, length);
}

/** Eight bytes that sort as the numbers do; NaN first, and no difference between the zeros. */
function writeDouble(value: number): void {
  reserve(8);
  const at = length;
  length += 8;
  if (Number.isNaN(value)) return void buffer.fill(0, at, length);
  buffer.writeDoubleBE(value === 0 ? 0 : value, at);
  if (value >= 0) buffer[at]! |= 0x80;
  else for (let i = at; i < length; i++) buffer[i]! ^= 0xff;
}

/**
 * UTF-8 with an end mark of 0, so that no text is the beginning of another's key. The bytes 0 and 1 inside become
 * 1 1 and 1 2, which keeps the order.
 */
function writeText(text: string): void {
  reserve(3 * text.length + 1);
  const bytes = buffer;
  let at = length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit <= 1 || unit > 127) return writeEscaped(Buffer.from(text));
    bytes[at++] = unit;
  }
  bytes[at++] = 0;
  length = at;
}

/** For the few texts that are more than plain ASCII. */
function writeEscaped(utf8: Uint8Array): void {
  for (const byte of utf8) {
    if (byte <= 1) buffer[length++] = 1;
    buffer[length++] = byte <= 1 ? byte + 1 : byte;
  }
  buffer[length++] = 0;
}

function reserve(more: number): void {
  if (length + more <= buffer.length) return;
  const larger = Buffer.allocUnsafe(2 * (length + more));
  larger.set(buffer.subarray(0, length));
  buffer = larger;
}
