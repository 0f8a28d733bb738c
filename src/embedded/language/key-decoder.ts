import { Double, Int32, ObjectId } from 'bson';
import { endianness } from 'node:os';
import { BsonValue, CANONICAL_TYPES } from './bson-value';
import { typeByte } from './key-component';

// Constants, because a key is taken apart for each row of a covered walk.
const NULL = typeByte(CANONICAL_TYPES.null);
const NUMBER = typeByte(CANONICAL_TYPES.int);
const TEXT = typeByte(CANONICAL_TYPES.string);
const OBJECT = typeByte(CANONICAL_TYPES.object);
const ARRAY = typeByte(CANONICAL_TYPES.array);
const BINARY = typeByte(CANONICAL_TYPES.binData);
const OBJECT_ID = typeByte(CANONICAL_TYPES.objectId);
const BOOL = typeByte(CANONICAL_TYPES.bool);
const DATE = typeByte(CANONICAL_TYPES.date);
const TIMESTAMP = typeByte(CANONICAL_TYPES.timestamp);
const PATTERN = typeByte(CANONICAL_TYPES.regex);
const CODE = typeByte(CANONICAL_TYPES.javascript);
const SCOPED_CODE = typeByte(CANONICAL_TYPES.javascriptWithScope);

/** Components that were turned over start with a byte from here on. */
const DESCENDING = 0x80;

/** Where the component of a key that begins at `at` ends. */
export function endOfKeyComponent(key: Uint8Array, at: number): number {
  return endOfComponent(key, at, key[at]! >= DESCENDING ? 0xff : 0);
}

/** @param flip 0xff where the component is turned over */
function endOfComponent(key: Uint8Array, at: number, flip: number): number {
  return endOfBody(key, at + 1, key[at]! ^ flip, flip);
}

function endOfBody(key: Uint8Array, at: number, type: number, flip: number): number {
  switch (type) {
    case NUMBER:
      return endOfNumber(key, at + 8, flip);
    case TEXT:
    case CODE:
      return behindZero(key, at, flip);
    case OBJECT:
      return endOfDocument(key, at, flip);
    case ARRAY:
      while (at < key.length && key[at] !== flip) at = endOfComponent(key, at, flip);
      return at + 1;
    case BINARY:
      return at + 5 + (new DataView(key.buffer, key.byteOffset + at, 4).getInt32(0) ^ (flip && -1));
    case OBJECT_ID:
      return at + 12;
    case BOOL:
      return at + 1;
    case DATE:
    case TIMESTAMP:
      return at + 8;
    case PATTERN:
      return behindZero(key, behindZero(key, at, flip), flip);
    case SCOPED_CODE:
      return endOfDocument(key, behindZero(key, at, flip), flip);
    default:
      return at;
  }
}

/** Behind the next end mark; the end of a key that was cut off, such as a bound. */
function behindZero(key: Uint8Array, at: number, flip: number): number {
  const zero = key.indexOf(flip, at);
  return zero < 0 ? key.length : zero + 1;
}

function endOfNumber(key: Uint8Array, at: number, flip: number): number {
  if (key[at] === flip) return at + 1;
  // Behind the exponent: digits, or their complements, up to 0 or its complement.
  at += 3;
  while (at < key.length && key[at] !== 0 && key[at] !== 0xff) at++;
  return at + 1;
}

function endOfDocument(key: Uint8Array, at: number, flip: number): number {
  while (at < key.length && key[at] !== flip) {
    at = endOfBody(key, behindZero(key, at + 1, flip), key[at]! ^ flip, flip);
  }
  return at + 1;
}

/** A double and its two halves; which of them is the low one depends on the processor. */
const DOUBLES = new Float64Array(1);
const HALVES = new Uint32Array(DOUBLES.buffer);
const LOW = endianness() === 'LE' ? 0 : 1;

/** Texts remembered: an index walked for statistics has a few of them over and over. */
const TEXTS = 8;

/**
 * Turns the components of an index key back into the values that they were made of, as MongoDB's covered queries have
 * them: what is missing is null. Whole numbers come as int where they fit, others as double, because a key has no types
 * of numbers. Undefined for types whose components cannot be turned back.
 */
export class KeyDecoder {
  private readonly texts: { bytes: Uint8Array; text: string }[] = [];
  private key: Uint8Array = new Uint8Array();
  /** Where the next component begins. */
  at = 0;

  begin(key: Uint8Array, at: number): void {
    this.key = key;
    this.at = at;
  }

  skip(): void {
    this.at = endOfKeyComponent(this.key, this.at);
  }

  next(): BsonValue | undefined {
    const { key } = this;
    const start = this.at + 1;
    const flip = key[this.at]! >= 0x80 ? 0xff : 0;
    switch (key[this.at]! ^ flip) {
      case NULL:
        this.at = start;
        return null;
      case DATE:
        this.at = start + 8;
        return dateOf(this.double(start, flip));
      case BOOL:
        this.at = start + 1;
        return (key[start]! ^ flip) === 1;
      case TEXT:
        this.at = key.indexOf(flip, start) + 1;
        return this.text(start, this.at - 1, flip);
      case NUMBER: {
        const isDouble = key[start + 8] === flip;
        this.skip();
        return isDouble ? numberOf(this.double(start, flip)) : undefined;
      }
      case OBJECT_ID:
        this.at = start + 12;
        return new ObjectId(key.slice(start, this.at).map((byte) => byte ^ flip));
      default:
        this.skip();
        return undefined;
    }
  }

  /** As KeyWriter.double writes it: the sign is turned over, and so is all of a negative number; NaN is all zeros. */
  private double(at: number, flip: number): number {
    const { key } = this;
    const isNegative = ((key[at]! ^ flip) & 0x80) === 0;
    const mask = isNegative === (flip === 0) ? -1 : 0;
    const sign = isNegative ? 0 : 0x80000000;
    const high = (key[at]! << 24) | (key[at + 1]! << 16) | (key[at + 2]! << 8) | key[at + 3]!;
    const low = (key[at + 4]! << 24) | (key[at + 5]! << 16) | (key[at + 6]! << 8) | key[at + 7]!;
    HALVES[LOW] = low ^ mask;
    HALVES[1 - LOW] = high ^ mask ^ sign;
    return DOUBLES[0]!;
  }

  /** Undefined for a text that holds one of the characters which are written as two bytes. */
  private text(start: number, end: number, flip: number): string | undefined {
    for (const { bytes, text } of this.texts) if (this.isAt(start, end, bytes)) return text;
    const bytes = this.key.slice(start, end);
    const plain = Buffer.from(bytes.map((byte) => byte ^ flip));
    if (plain.includes(1)) return undefined;
    const text = plain.toString();
    this.texts.unshift({ bytes, text });
    if (this.texts.length > TEXTS) this.texts.pop();
    return text;
  }

  private isAt(start: number, end: number, bytes: Uint8Array): boolean {
    if (bytes.length !== end - start) return false;
    for (let i = 0; i < bytes.length; i++) if (this.key[start + i] !== bytes[i]) return false;
    return true;
  }
}

function numberOf(value: number): BsonValue {
  return (value | 0) === value ? new Int32(value) : new Double(value);
}

/** Undefined beyond JavaScript's dates. */
function dateOf(milliseconds: number): Date | undefined {
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds) : undefined;
}
