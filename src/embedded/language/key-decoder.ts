import { Int32, ObjectId } from 'bson';
import { CANONICAL_TYPES, Value } from './bson-value';
import { textAt } from './codec';

const { null: NULL, int: NUMBER, string: TEXT, date: DATE, objectId: OBJECT_ID } = CANONICAL_TYPES;
const { object: OBJECT, array: ARRAY, binData: BINARY, bool, timestamp, javascript, regex } = CANONICAL_TYPES;

/** By type: the bytes of a body that always has as many, and the texts of one that is made of them. */
const SIZES = Object.assign(new Uint8Array(128), { [OBJECT_ID]: 12, [bool]: 1, [DATE]: 8, [timestamp]: 8 });
const TEXTS = Object.assign(new Uint8Array(128), { [TEXT]: 1, [javascript]: 1, [regex]: 2 });

/** Components that were turned over start with a byte from here on. */
const DESCENDING = 0x80;

/** Where the component of a key that begins at `at` ends. */
export function endOfKeyComponent(key: Uint8Array, at: number): number {
  const flip = key[at]! >= DESCENDING ? 0xff : 0;
  return endOfBody(key, at + 1, key[at]! ^ flip, flip);
}

/** @param flip 0xff where the component is turned over */
function endOfBody(key: Uint8Array, at: number, type: number, flip: number): number {
  at += SIZES[type]!;
  for (let texts = TEXTS[type]!; texts > 0; texts--) at = afterZero(key, at, flip);
  if (type === NUMBER) {
    if (key[at + 8] === flip) return at + 9;
    // Behind the exponent: digits, or their complements, up to 0 or its complement.
    at += 11;
    while (at < key.length && key[at] !== 0 && key[at] !== 0xff) at++;
    return at + 1;
  }
  if (type === OBJECT || type === ARRAY) {
    while (at < key.length && key[at] !== flip) {
      const inner = key[at]! ^ flip;
      at = endOfBody(key, type === OBJECT ? afterZero(key, at + 1, flip) : at + 1, inner, flip);
    }
    return at + 1;
  }
  if (type !== BINARY) return at;
  return at + 5 + (new DataView(key.buffer, key.byteOffset + at, 4).getInt32(0) ^ (flip && -1));
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
  const type = key[start]! ^ flip;
  if (type === NULL) return null;
  if (type === DATE) return new Date(doubleAt(key, at, flip));
  if (type === TEXT) return decodeText(key, at, end - 1, flip);
  if (type === OBJECT_ID) return new ObjectId(key.subarray(at, end).map((byte) => byte ^ flip));
  if (type !== NUMBER || key[at + 8] !== flip) return undefined;
  const number = doubleAt(key, at, flip);
  return (number | 0) === number ? new Int32(number) : undefined;
}

const scratch = new Uint8Array(8);
const scratchView = new DataView(scratch.buffer);

/** As it is written: the sign is turned over, and so is all of a negative number; NaN is all zeros. */
function doubleAt(key: Uint8Array, at: number, flip: number): number {
  const isNegative = ((key[at]! ^ flip) & 0x80) === 0;
  const mask = isNegative ? flip ^ 0xff : flip;
  for (let i = 0; i < 8; i++) scratch[i] = key[at + i]! ^ mask;
  if (!isNegative) scratch[0]! ^= 0x80;
  return scratchView.getFloat64(0);
}

/** Undefined for a text that holds one of the characters which are written as two bytes. */
function decodeText(key: Uint8Array, start: number, end: number, flip: number): string | undefined {
  const text = flip
    ? Buffer.from(key.slice(start, end).map((byte) => byte ^ flip)).toString()
    : textAt(key, start, end);
  return text.includes('\u0001') ? undefined : text;
}
