import { MongoError } from './errors';

/** Bytes that a value takes, by its type; 0 where they are counted in the value itself. */
const FIXED_SIZES: Readonly<Record<number, number>> = {
  1: 8,
  7: 12,
  8: 1,
  9: 8,
  16: 4,
  17: 8,
  18: 8,
  19: 16,
};

/** Called for each field with its type, where its name starts and ends, and where its value does. */
type Visit = (type: number, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number) => void;

/**
 * Goes over the fields of the document that starts at `start`, without decoding them or allocating anything.
 * @throws MongoError InvalidBSON (22)
 */
export function scanElements(bytes: Uint8Array, start: number, visit: Visit): void {
  const end = start + sizeAt(bytes, start, bytes.length) - 1;
  if (end < start + 4 || bytes[end] !== 0) throw invalid('a document does not end in 0');
  let at = start + 4;
  while (at < end) {
    const type = bytes[at]!;
    let nameEnd = at + 1;
    while (bytes[nameEnd] !== 0 && nameEnd < end) nameEnd++;
    const valueEnd = endOfValue(bytes, type, nameEnd + 1, end);
    if (valueEnd > end) throw invalid('a value is larger than its document');
    visit(type, at + 1, nameEnd, nameEnd + 1, valueEnd);
    at = valueEnd;
  }
}

function endOfValue(bytes: Uint8Array, type: number, at: number, end: number): number {
  const fixed = FIXED_SIZES[type];
  if (fixed !== undefined) return at + fixed;
  switch (type) {
    case 2:
    case 13:
    case 14:
      return endOfText(bytes, at, end);
    case 3:
    case 4:
    case 15:
      return at + sizeAt(bytes, at, end);
    case 5:
      return endOfBinary(bytes, at, end);
    case 10:
    case 127:
    case 255:
      return at;
    case 11:
      return endOfName(bytes, endOfName(bytes, at));
    default:
      throw invalid(`type ${type} is deprecated, or none`);
  }
}

/** Whether the bytes spell the name: without making a string of them, where the name is plain ASCII. */
export function isNamed(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  const length = end - start;
  if (name.length > length) return false;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit > 127) return Buffer.from(name).equals(bytes.subarray(start, end));
    if (unit !== bytes[start + i]) return false;
  }
  return name.length === length;
}

function endOfText(bytes: Uint8Array, at: number, end: number): number {
  const textEnd = at + 4 + lengthAt(bytes, at, end);
  if (textEnd < at + 5 || bytes[textEnd - 1] !== 0) throw invalid('a string does not end in 0');
  return textEnd;
}

function endOfBinary(bytes: Uint8Array, at: number, end: number): number {
  const length = lengthAt(bytes, at, end);
  if (length < 0) throw invalid('a length is negative');
  return at + 5 + length;
}

function endOfName(bytes: Uint8Array, at: number): number {
  const zero = bytes.indexOf(0, at);
  return zero < 0 ? bytes.length + 1 : zero + 1;
}

function sizeAt(bytes: Uint8Array, at: number, end: number): number {
  const size = lengthAt(bytes, at, end);
  if (size < 5 || at + size > end) throw invalid('a document is larger than what holds it');
  return size;
}

function lengthAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) throw invalid('it is cut off');
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function invalid(reason: string): MongoError {
  return new MongoError(22, `Invalid BSON: ${reason}`);
}
