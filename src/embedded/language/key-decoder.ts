import { Double, Int32, ObjectId } from 'bson';
import { BsonValue } from './bson-value';
import { CANONICAL_TYPES } from './compare';
import { typeByte } from './key-component';

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
