import { MongoError } from '../language/errors';

/** MongoDB's own limit on how deep documents and arrays may nest, counted from the command itself. */
const MAX_DEPTH = 200;

const STRING = 2;
const DOCUMENT = 3;
const ARRAY = 4;
const BINARY = 5;
const BOOLEAN = 8;
const REGEX = 11;
const DB_POINTER = 12;
const CODE = 13;
const SYMBOL = 14;
const CODE_WITH_SCOPE = 15;
const SIZE_OF_TYPE = sizesByType();

/** Bytes of a value whose type alone tells its size; -1 where the value says, -2 where there is no such type. */
function sizesByType(): Int8Array {
  const sizes = new Int8Array(256).fill(-2);
  for (const type of [2, 3, 4, 5, 11, 12, 13, 14, 15]) sizes[type] = -1;
  for (const type of [6, 10, 127, 255]) sizes[type] = 0;
  for (const type of [1, 9, 17, 18]) sizes[type] = 8;
  sizes[7] = 12;
  sizes[BOOLEAN] = 1;
  sizes[16] = 4;
  sizes[19] = 16;
  return sizes;
}

/**
 * Checks that a well-formed document starts at `start` and ends before or at `limit`: every length inside it agrees
 * with its surroundings and nothing nests deeper than MongoDB allows. What has passed can be decoded, walked or stored
 * without looking at a length again.
 * @returns where the document ends
 * @throws InvalidBSON (22), Overflow (15)
 */
export function checkDocument(bytes: Buffer, start: number, limit: number, depth = 1): number {
  if (depth > MAX_DEPTH) {
    throw new MongoError(15, `BSONObj exceeded maximum nested object depth: ${MAX_DEPTH}`);
  }
  const end = start + sizeAt(bytes, start, limit, 5);
  if (end > limit) throw invalid('a document is longer than what holds it');
  let at = start + 4;
  while (at < end - 1) {
    const type = bytes[at]!;
    const value = afterCString(bytes, at + 1, end);
    at = afterValue(bytes, type, value, end, depth);
  }
  if (at !== end - 1 || bytes[at] !== 0) throw invalid('a document does not end where its length says');
  return end;
}

function afterValue(bytes: Buffer, type: number, at: number, end: number, depth: number): number {
  const size = SIZE_OF_TYPE[type]!;
  if (size === -2) throw invalid(`unknown type ${type}`);
  if (size >= 0) {
    if (type === BOOLEAN && bytes[at]! > 1) throw invalid('a boolean is neither 0 nor 1');
    return at + size;
  }
  switch (type) {
    case DOCUMENT:
    case ARRAY:
      return checkDocument(bytes, at, end, depth + 1);
    case STRING:
    case CODE:
    case SYMBOL:
      return afterString(bytes, at, end);
    case BINARY:
      return at + 5 + sizeAt(bytes, at, end, 0);
    case REGEX:
      return afterCString(bytes, afterCString(bytes, at, end), end);
    case DB_POINTER:
      return afterString(bytes, at, end) + 12;
    case CODE_WITH_SCOPE:
      return afterCodeWithScope(bytes, at, end, depth);
    default:
      throw invalid(`unknown type ${type}`);
  }
}

function afterCodeWithScope(bytes: Buffer, at: number, end: number, depth: number): number {
  const valueEnd = at + sizeAt(bytes, at, end, 14);
  if (valueEnd > end) throw invalid('code with scope is longer than what holds it');
  if (checkDocument(bytes, afterString(bytes, at + 4, valueEnd), valueEnd, depth + 1) !== valueEnd) {
    throw invalid('code with scope does not end where its length says');
  }
  return valueEnd;
}

function afterString(bytes: Buffer, at: number, end: number): number {
  const after = at + 4 + sizeAt(bytes, at, end, 1);
  if (after > end || bytes[after - 1] !== 0) throw invalid('a string does not end where its length says');
  return after;
}

function afterCString(bytes: Buffer, at: number, end: number): number {
  let zero = at;
  // A loop: names are short, and a call of indexOf costs more than walking them.
  while (zero < end && bytes[zero] !== 0) zero++;
  if (zero >= end) throw invalid('a name has no end');
  return zero + 1;
}

function sizeAt(bytes: Buffer, at: number, limit: number, minimum: number): number {
  if (at + 4 > limit) throw invalid('a length is cut off');
  const size = bytes.readInt32LE(at);
  if (size < minimum) throw invalid(`a length of ${size}`);
  return size;
}

function invalid(detail: string): MongoError {
  return new MongoError(22, `Invalid BSON: ${detail}`);
}
