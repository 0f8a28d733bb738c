import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  ObjectId,
  Timestamp,
} from 'bson';
import { CANONICAL_TYPES, BsonDocument, BsonNumber, BsonValue, isNumber } from './bson-value';
import { canonicalType, textOf } from './compare';
import { doubleBelow, significantDigits } from './numbers';

/** Bytes of one index key in the making: one buffer, used again for each key and copied once at its end. */
export class KeyWriter {
  private bytes = Buffer.allocUnsafe(1024);
  private length = 0;

  reset(): void {
    this.length = 0;
  }

  /** What was written, as a copy; with every bit turned over when it is to sort the other way round. */
  finish(direction: 1 | -1): Uint8Array {
    const key = new Uint8Array(this.length);
    const flip = direction === 1 ? 0 : 0xff;
    for (let i = 0; i < key.length; i++) key[i] = this.bytes[i]! ^ flip;
    return key;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  uint32(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeUInt32BE(value >>> 0, this.length);
  }

  /** Eight bytes that sort as the numbers do; NaN first, and no difference between the zeros. */
  double(value: number): void {
    this.reserve(8);
    const at = this.length;
    this.length += 8;
    if (Number.isNaN(value)) return void this.bytes.fill(0, at, this.length);
    this.bytes.writeDoubleBE(value === 0 ? 0 : value, at);
    if (value >= 0) this.bytes[at]! |= 0x80;
    else for (let i = at; i < at + 8; i++) this.bytes[i]! ^= 0xff;
  }

  /**
   * UTF-8 with an end mark of 0, so that no text is the beginning of another's key. The bytes 0 and 1 inside become
   * 1 1 and 1 2, which keeps the order.
   */
  text(value: string): void {
    if (this.asciiText(value)) return;
    const utf8 = Buffer.from(value);
    this.reserve(2 * utf8.length + 1);
    for (const byte of utf8) {
      if (byte <= 1) this.bytes[this.length++] = 1;
      this.bytes[this.length++] = byte <= 1 ? byte + 1 : byte;
    }
    this.bytes[this.length++] = 0;
  }

  /** Nearly every key: no encoder, no second buffer. */
  private asciiText(value: string): boolean {
    this.reserve(value.length + 1);
    let at = this.length;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit <= 1 || unit > 127) return false;
      this.bytes[at++] = unit;
    }
    this.bytes[at++] = 0;
    this.length = at;
    return true;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.length + more));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

/** An empty array's place in an index: before null, as MongoDB's `undefined`. */
export const NOTHING = Symbol('nothing in an empty array');

/**
 * The first byte of a component is its type: never 0, never above 127. Turned over for a descending index it is above
 * 127, so a component shows by itself which way it was written.
 */
export function typeByte(canonical: number): number {
  return canonical + 2;
}

const UNDEFINED_TYPE = typeByte(CANONICAL_TYPES.undefined);

const writer = new KeyWriter();

/**
 * One component of an index key. Its bytes compare as `compareValues` compares (the other way round for -1), no
 * component is the beginning of another, and equal numbers of different types are the same bytes. Missing is null.
 */
export function encodeKeyComponent(
  value: BsonValue | undefined | typeof NOTHING,
  direction: 1 | -1,
): Uint8Array {
  writer.reset();
  if (value === NOTHING) writer.byte(UNDEFINED_TYPE);
  else writeComponent(value);
  return writer.finish(direction);
}

function writeComponent(value: BsonValue | undefined): void {
  writer.byte(typeByte(canonicalType(value)));
  writeBody(value);
}

function writeBody(value: BsonValue | undefined): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'string') return writer.text(value);
  if (typeof value === 'boolean') return writer.byte(Number(value));
  if (isNumber(value)) return writeNumber(value);
  if (value instanceof Map) return writeDocument(value);
  if (Array.isArray(value)) return writeArray(value);
  if (value instanceof Date) return writer.double(value.getTime());
  if (value instanceof ObjectId) return writer.raw(value.id);
  if (value instanceof Binary) return writeBinary(value);
  if (value instanceof BSONRegExp) return writeTexts(value.pattern, value.options);
  if (value instanceof Timestamp) return writeTimestamp(value);
  if (value instanceof BSONSymbol) return writer.text(textOf(value));
  if (value instanceof Code) return writeCode(value);
}

/** The greatest double below or at the number, then 0, or 1 and the decimal digits where that is not all of it. */
function writeNumber(value: BsonNumber): void {
  if (value instanceof Int32 || value instanceof Double) {
    writer.double(value.value);
    return writer.byte(0);
  }
  const { double, exact } = doubleBelow(value);
  writer.double(double);
  writer.byte(exact ? 0 : 1);
  if (!exact) writeDigits(value as Long | Decimal128);
}

function writeDigits(value: Long | Decimal128): void {
  const { digits, exponent, negative } = significantDigits(value);
  const flip = negative ? 0xff : 0;
  const biased = exponent + 0x4000;
  for (const byte of [biased >> 8, biased & 0xff, ...Buffer.from(digits), 0]) writer.byte(byte ^ flip);
}

function writeDocument(document: BsonDocument): void {
  for (const [name, value] of document) {
    writer.byte(typeByte(canonicalType(value)));
    writer.text(name);
    writeBody(value);
  }
  writer.byte(0);
}

function writeArray(values: BsonValue[]): void {
  for (const value of values) writeComponent(value);
  writer.byte(0);
}

function writeBinary(value: Binary): void {
  writer.uint32(value.length());
  writer.byte(value.sub_type);
  writer.raw(value.value());
}

function writeTimestamp(value: Timestamp): void {
  writer.uint32(value.high);
  writer.uint32(value.low);
}

function writeTexts(...texts: string[]): void {
  for (const text of texts) writer.text(text);
}

function writeCode(value: Code): void {
  writer.text(value.code);
  if (value.scope != null) writeDocument(value.scope as BsonDocument);
}
