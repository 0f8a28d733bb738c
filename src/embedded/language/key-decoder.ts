import { Double, Int32, ObjectId } from 'bson';
import { BsonValue, CANONICAL_TYPES, Value } from './bson-value';
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

/** Components that were turned over start with a byte from here on. */
const DESCENDING = 0x80;

/** Where the component of a key that begins at `at` ends. */
export function endOfKeyComponent(key: Uint8Array, at: number): number {
  const flip = key[at]! >= DESCENDING ? 0xff : 0;
  return endOfBody(key, at + 1, key[at]! ^ flip, flip);
}

/** @param flip 0xff where the component is turned over */
function endOfBody(key: Uint8Array, at: number, type: number, flip: number): number {
  switch (type) {
    case NUMBER:
      if (key[at + 8] === flip) return at + 9;
      // Behind the exponent: digits, or their complements, up to 0 or its complement.
      at += 11;
      while (at < key.length && key[at] !== 0 && key[at] !== 0xff) at++;
      return at + 1;
    case TEXT:
    case CODE:
      return afterZero(key, at, flip);
    case PATTERN:
      return afterZero(key, afterZero(key, at, flip), flip);
    case OBJECT:
    case ARRAY:
      while (at < key.length && key[at] !== flip) {
        const inner = key[at]! ^ flip;
        at = endOfBody(key, type === OBJECT ? afterZero(key, at + 1, flip) : at + 1, inner, flip);
      }
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
    default:
      return at;
  }
}

/** Behind the next end mark; the end of a key that was cut off, such as a bound. */
function afterZero(key: Uint8Array, at: number, flip: number): number {
  const zero = key.indexOf(flip, at);
  return zero < 0 ? key.length : zero + 1;
}

/** Texts remembered: an index has a few of them over and over, and the same string is found sooner in a Map. */
const TEXTS = 64;

/**
 * Turns the components of an index key back into the values that they were made of, as MongoDB's covered queries have
 * them: what is missing is null. Whole numbers come as int where they fit, others as double, because a key has no types
 * of numbers. Undefined for types whose components cannot be turned back.
 */
export class KeyDecoder {
  private readonly scratch = new DataView(new ArrayBuffer(8));
  private readonly texts: { bytes: Uint8Array; text: string | undefined }[] = [];
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

  next(): Value {
    const { key } = this;
    const start = this.at + 1;
    const flip = key[this.at]! >= DESCENDING ? 0xff : 0;
    const type = key[this.at]! ^ flip;
    this.skip();
    switch (type) {
      case NULL:
        return null;
      case DATE:
        return new Date(this.double(start, flip));
      case BOOL:
        return (key[start]! ^ flip) === 1;
      case TEXT:
        return this.text(start, this.at - 1, flip);
      case NUMBER:
        return key[start + 8] === flip ? numberOf(this.double(start, flip)) : undefined;
      case OBJECT_ID:
        return new ObjectId(key.slice(start, this.at).map((byte) => byte ^ flip));
      default:
        return undefined;
    }
  }

  /** As it is written: the sign is turned over, and so is all of a negative number; NaN is all zeros. */
  private double(at: number, flip: number): number {
    const { key, scratch } = this;
    const isNegative = ((key[at]! ^ flip) & 0x80) === 0;
    const mask = isNegative === (flip === 0) ? -1 : 0;
    const sign = isNegative ? 0 : 0x80000000;
    const high = (key[at]! << 24) | (key[at + 1]! << 16) | (key[at + 2]! << 8) | key[at + 3]!;
    const low = (key[at + 4]! << 24) | (key[at + 5]! << 16) | (key[at + 6]! << 8) | key[at + 7]!;
    scratch.setUint32(0, high ^ mask ^ sign);
    scratch.setUint32(4, low ^ mask);
    return scratch.getFloat64(0);
  }

  /** Undefined for a text that holds one of the characters which are written as two bytes. */
  private text(start: number, end: number, flip: number): string | undefined {
    const { key, texts } = this;
    const place = (31 * key[start]! + 7 * key[end - 1]! + end - start) % TEXTS;
    const known = texts[place];
    if (known && isAt(key, start, end, known.bytes)) return known.text;
    const bytes = key.slice(start, end);
    const text = Buffer.from(bytes.map((byte) => byte ^ flip)).toString();
    texts[place] = { bytes, text: text.includes('\u0001') ? undefined : text };
    return texts[place].text;
  }
}

function isAt(key: Uint8Array, start: number, end: number, bytes: Uint8Array): boolean {
  if (bytes.length !== end - start) return false;
  for (let i = 0; i < bytes.length; i++) if (key[start + i] !== bytes[i]) return false;
  return true;
}

function numberOf(value: number): BsonValue {
  return (value | 0) === value ? new Int32(value) : new Double(value);
}
