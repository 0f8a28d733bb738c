import { Int32, ObjectId } from 'bson';
import { BsonTypeName, CANONICAL_TYPES, Value } from './bson-value';
import { textAt } from './document-bytes';
import { typeByte } from './key-component';

const typeOf = (name: BsonTypeName) => typeByte(CANONICAL_TYPES[name]);

// Constants, because a key is taken apart for each row of a covered walk.
const [NULL, NUMBER, TEXT, DATE] = [typeOf('null'), typeOf('int'), typeOf('string'), typeOf('date')];
const [OBJECT, ARRAY, BINARY] = [typeOf('object'), typeOf('array'), typeOf('binData')];
const [PATTERN, CODE, OBJECT_ID] = [typeOf('regex'), typeOf('javascript'), typeOf('objectId')];

/** The lengths of the bodies of the other types, by type; none is 0. */
const SIZES = new Uint8Array(128);
SIZES[OBJECT_ID] = 12;
SIZES[typeOf('bool')] = 1;
SIZES[typeOf('date')] = SIZES[typeOf('timestamp')] = 8;

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
    default:
      return at + SIZES[type]!;
  }
}

/** Behind the next end mark; the end of a key that was cut off, such as a bound. */
function afterZero(key: Uint8Array, at: number, flip: number): number {
  // A loop: most texts are short, and a call of indexOf costs more than walking them.
  while (at < key.length && key[at] !== flip) at++;
  return at < key.length ? at + 1 : at;
}

/**
 * Turns a component of an index key back into the value that it was made of, as MongoDB's covered queries have it: what is
 * missing is null. A key has no types of numbers: whole ones that fit come as int, also those that are stored as double.
 * @returns undefined where the component does not tell the value, or is of a type that no statistics are made of
 */
export function decodeKeyComponent(key: Uint8Array, start: number, end: number): Value {
  const flip = key[start]! >= DESCENDING ? 0xff : 0;
  const at = start + 1;
  switch (key[start]! ^ flip) {
    case NULL:
      return null;
    case DATE:
      return new Date(doubleAt(key, at, flip));
    case TEXT:
      return decodeText(key, at, end - 1, flip);
    case OBJECT_ID:
      return new ObjectId(key.subarray(at, end).map((byte) => byte ^ flip));
    case NUMBER: {
      if (key[at + 8] !== flip) return undefined;
      const number = doubleAt(key, at, flip);
      return (number | 0) === number ? new Int32(number) : undefined;
    }
    default:
      return undefined;
  }
}

const scratch = new DataView(new ArrayBuffer(8));

/** As it is written: the sign is turned over, and so is all of a negative number; NaN is all zeros. */
function doubleAt(key: Uint8Array, at: number, flip: number): number {
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
function decodeText(key: Uint8Array, start: number, end: number, flip: number): string | undefined {
  const text = flip
    ? Buffer.from(key.slice(start, end).map((byte) => byte ^ flip)).toString()
    : textAt(key, start, end);
  return text.includes('\u0001') ? undefined : text;
}
