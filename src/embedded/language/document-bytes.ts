import { BSON } from 'bson';
import { MongoError } from './errors';

/** Bytes of a value by its type, without those that its own length counts. */
const SIZES = byType({
  ...{ 1: 8, 2: 4, 3: 0, 4: 0, 5: 5, 6: 0, 7: 12, 8: 1, 9: 8, 10: 0, 12: 16, 13: 4, 14: 4, 15: 0 },
  ...{ 16: 4, 17: 8, 18: 8, 19: 16, 127: 0, 255: 0 },
});
/** The least length of a value, for the types whose values begin with one. */
const LEAST_LENGTHS = byType({ 2: 1, 3: 5, 4: 5, 5: 0, 12: 1, 13: 1, 14: 1, 15: 5 });
const ENDS_IN_ZERO = byType({ 2: 1, 3: 1, 4: 1, 13: 1, 14: 1, 15: 1 });
const REGEX = 11;

function byType(numbers: Readonly<Record<number, number>>): Int8Array {
  return Int8Array.from({ length: 256 }, (_, type) => numbers[type] ?? -1);
}

/**
 * Goes over the fields of the document that starts at `start`, one after the other, without decoding them: where the name
 * and the value of the one at hand begin and end. Values that it has gone over are well formed, but for what is inside
 * documents and arrays.
 */
export class ElementScanner {
  type = 0;
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  /** Also where the next field begins, with its type. */
  valueEnd: number;
  private readonly end: number;

  /** @throws MongoError InvalidBSON (22) */
  constructor(
    private readonly bytes: Uint8Array,
    start = 0,
  ) {
    this.end = start + lengthAt(bytes, start) - 1;
    if (this.end < start + 4 || bytes[this.end] !== 0) throw invalid();
    this.valueEnd = start + 4;
  }

  /**
   * Goes on to the next field; false at the end.
   * @throws MongoError InvalidBSON (22)
   */
  next(): boolean {
    const { bytes, end, valueEnd: at } = this;
    if (at >= end) return false;
    let nameEnd = at + 1;
    while (bytes[nameEnd] !== 0 && nameEnd < end) nameEnd++;
    this.type = bytes[at]!;
    this.nameStart = at + 1;
    this.nameEnd = nameEnd;
    this.valueStart = nameEnd + 1;
    this.valueEnd = endOfValue(bytes, this.type, nameEnd + 1);
    if (this.valueEnd > end || this.valueEnd < this.valueStart) throw invalid();
    if (ENDS_IN_ZERO[this.type]! > 0 && bytes[this.valueEnd - 1] !== 0) throw invalid();
    return true;
  }

  get name(): string {
    return textAt(this.bytes, this.nameStart, this.nameEnd);
  }

  /** The field as it stands there, with its type and its name. */
  get field(): Uint8Array {
    return this.bytes.subarray(this.nameStart - 1, this.valueEnd);
  }
}

/** Before `at` for a type that there is not, or a length that cannot be. */
function endOfValue(bytes: Uint8Array, type: number, at: number): number {
  if (type === REGEX) return bytes.indexOf(0, bytes.indexOf(0, at) + 1) + 1;
  const least = LEAST_LENGTHS[type]!;
  if (least < 0) return at + SIZES[type]!;
  const length = lengthAt(bytes, at);
  return length < least ? -1 : at + SIZES[type]! + length;
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function invalid(): MongoError {
  return new MongoError(22, 'Invalid BSON: lengths do not agree with each other');
}

const FRAME = new Uint8Array(4);
const END = new Uint8Array(1);

/** A document of fields that are copied as they are, each with its type and its name. */
export function documentOf(fields: readonly Uint8Array[]): Buffer {
  const document = Buffer.concat([FRAME, ...fields, END]);
  document.writeInt32LE(document.length);
  return document;
}

const SLOTS = 1024;
const LONGEST = 32;

/** The texts of ASCII met last, each in the one slot that it leads to: the same few hundred names come again and again. */
const known = new Array<string>(SLOTS).fill('');

/** The text that these bytes spell: mostly the very string that they spelled before, which makes no new one. */
export function textAt(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  const slot = (bytes[start]! + 31 * bytes[end - 1]! + 961 * length) & (SLOTS - 1);
  const text = known[slot]!;
  if (text.length === length) {
    let at = 0;
    while (at < length && text.charCodeAt(at) === bytes[start + at]) at++;
    if (at === length) return text;
  }
  const decoded = BSON.onDemand.ByteUtils.toUTF8(bytes, start, end, false);
  // Only a text of ASCII has as many units as bytes.
  if (length <= LONGEST && decoded.length === length) known[slot] = decoded;
  return decoded;
}
