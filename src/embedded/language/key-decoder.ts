import { Double, Int32, ObjectId } from 'bson';
import { BsonValue } from './bson-value';
import { CANONICAL_TYPES } from './compare';
import { typeByte } from './key-component';

/** Components that were turned over start with a byte from here on. */
const DESCENDING = 0x80;

/** Takes a key of `count` components apart. */
export function splitKey(key: Uint8Array, count: number): Uint8Array[] {
  const components: Uint8Array[] = [];
  for (let at = 0; components.length < count;) {
    const end = endOfKeyComponent(key, at);
    components.push(key.subarray(at, end));
    at = end;
  }
  return components;
}

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
    case typeByte(CANONICAL_TYPES.int):
      return endOfNumber(key, at + 8, flip);
    case typeByte(CANONICAL_TYPES.string):
      return key.indexOf(flip, at) + 1;
    case typeByte(CANONICAL_TYPES.object):
      return endOfDocument(key, at, flip);
    case typeByte(CANONICAL_TYPES.array):
      while (key[at] !== flip) at = endOfComponent(key, at, flip);
      return at + 1;
    case typeByte(CANONICAL_TYPES.binData):
      return at + 5 + (new DataView(key.buffer, key.byteOffset + at, 4).getInt32(0) ^ (flip && -1));
    case typeByte(CANONICAL_TYPES.objectId):
      return at + 12;
    case typeByte(CANONICAL_TYPES.bool):
      return at + 1;
    case typeByte(CANONICAL_TYPES.date):
    case typeByte(CANONICAL_TYPES.timestamp):
      return at + 8;
    case typeByte(CANONICAL_TYPES.regex):
      return key.indexOf(flip, key.indexOf(flip, at) + 1) + 1;
    case typeByte(CANONICAL_TYPES.javascript):
      return key.indexOf(flip, at) + 1;
    case typeByte(CANONICAL_TYPES.javascriptWithScope):
      return endOfDocument(key, key.indexOf(flip, at) + 1, flip);
    default:
      return at;
  }
}

function endOfNumber(key: Uint8Array, at: number, flip: number): number {
  if (key[at] === flip) return at + 1;
  // Behind the exponent: digits, or their complements, up to 0 or its complement.
  at += 3;
  while (key[at] !== 0 && key[at] !== 0xff) at++;
  return at + 1;
}

function endOfDocument(key: Uint8Array, at: number, flip: number): number {
  while (key[at] !== flip) at = endOfBody(key, key.indexOf(flip, at + 1) + 1, key[at]! ^ flip, flip);
  return at + 1;
}

const scratch = Buffer.alloc(12);

/**
 * The value that a component of an index key was made of, as MongoDB's covered queries have it: what is missing is null.
 * Whole numbers come as int where they fit, others as double, because a key has no types of numbers. Undefined for types
 * whose components cannot be turned back.
 */
export function decodeKeyComponent(key: Uint8Array, start: number, end: number): BsonValue | undefined {
  const flip = key[start]! >= 0x80 ? 0xff : 0;
  switch (key[start]! ^ flip) {
    case typeByte(CANONICAL_TYPES.int):
      return end - start === 10 ? numberOf(decodeDouble(key, start + 1, flip)) : undefined;
    case typeByte(CANONICAL_TYPES.string):
      return decodeText(key, start + 1, end - 1, flip);
    case typeByte(CANONICAL_TYPES.date):
      return new Date(decodeDouble(key, start + 1, flip));
    case typeByte(CANONICAL_TYPES.null):
      return null;
    case typeByte(CANONICAL_TYPES.bool):
      return (key[start + 1]! ^ flip) === 1;
    case typeByte(CANONICAL_TYPES.objectId):
      for (let i = 0; i < 12; i++) scratch[i] = key[start + 1 + i]! ^ flip;
      return new ObjectId(Uint8Array.from(scratch));
    default:
      return undefined;
  }
}

function numberOf(value: number): BsonValue {
  return (value | 0) === value ? new Int32(value) : new Double(value);
}

/** As KeyWriter.double writes it: NaN is all zeros, the sign is turned over, and so is all of a negative number. */
function decodeDouble(key: Uint8Array, at: number, flip: number): number {
  const negative = ((key[at]! ^ flip) & 0x80) === 0;
  const mask = negative ? flip ^ 0xff : flip;
  for (let i = 0; i < 8; i++) scratch[i] = key[at + i]! ^ mask;
  if (!negative) scratch[0]! &= 0x7f;
  return scratch.readDoubleBE(0);
}

/** Undefined for a text that holds one of the characters which are written as two bytes. */
function decodeText(key: Uint8Array, start: number, end: number, flip: number): string | undefined {
  let isAscii = true;
  const bytes = Buffer.allocUnsafe(end - start);
  for (let i = 0; i < bytes.length; i++) {
    const byte = key[start + i]! ^ flip;
    if (byte === 1) return undefined;
    if (byte > 127) isAscii = false;
    bytes[i] = byte;
  }
  return bytes.toString(isAscii ? 'latin1' : 'utf8');
}
