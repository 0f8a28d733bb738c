import { BSON } from 'bson';
import { MongoError } from './errors';

/** Bytes that a value takes, by its type; 0 where they are counted in the value itself, or there are none. */
const FIXED_SIZES = sizesByType({ 1: 8, 7: 12, 8: 1, 9: 8, 16: 4, 17: 8, 18: 8, 19: 16 });

function sizesByType(sizes: Readonly<Record<number, number>>): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, type) => sizes[type] ?? 0);
}

/**
 * Goes over the fields of the document that starts at `start`, one after the other, without decoding them: where the
 * name and the value of the one at hand begin and end.
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
    this.end = start + sizeAt(bytes, start, bytes.length) - 1;
    if (this.end < start + 4 || bytes[this.end] !== 0) throw invalid('a document does not end in 0');
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
    this.valueEnd = endOfValue(bytes, this.type, nameEnd + 1, end);
    if (this.valueEnd > end) throw invalid('a value is larger than its document');
    return true;
  }

  /** Whether the name at hand is this one: without making a string of it, where the name is plain ASCII. */
  isNamed(name: string): boolean {
    return isNamed(this.bytes, this.nameStart, this.nameEnd, name);
  }
}

function endOfValue(bytes: Uint8Array, type: number, at: number, end: number): number {
  const fixed = FIXED_SIZES[type]!;
  if (fixed > 0) return at + fixed;
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
    case 6:
    case 10:
    case 127:
    case 255:
      return at;
    case 11:
      return endOfName(bytes, endOfName(bytes, at));
    case 12:
      return endOfText(bytes, at, end) + 12;
    default:
      throw invalid(`there is no type ${type}`);
  }
}

function isNamed(bytes: Uint8Array, start: number, end: number, name: string): boolean {
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

/** A document put together from fields of others, copied as they are. */
export class DocumentPieces {
  private readonly sources: Uint8Array[] = [];
  /** Where the pieces begin and end in their sources, by turns. */
  private readonly cuts: number[] = [];
  private size = 5;

  /** Adds the fields that stand between two places of `source`. Neighbours become one piece. */
  add(source: Uint8Array, start: number, end: number): void {
    this.size += end - start;
    const last = this.sources.length - 1;
    if (last >= 0 && this.cuts[2 * last + 1] === start && this.sources[last] === source) {
      this.cuts[2 * last + 1] = end;
      return;
    }
    this.sources.push(source);
    this.cuts.push(start, end);
  }

  toDocument(): Buffer {
    const document = Buffer.allocUnsafe(this.size);
    let at = document.writeInt32LE(this.size);
    for (let i = 0; i < this.sources.length; i++) {
      at = copyBytes(document, at, this.sources[i]!, this.cuts[2 * i]!, this.cuts[2 * i + 1]!);
    }
    document[at] = 0;
    return document;
  }
}

const SLOTS = 1024;
const LONGEST = 32;

/** The names of ASCII met last, each in the one slot that its bytes lead to: the same few hundred come again and again. */
const known = new Array<string>(SLOTS).fill('');

/** The name that these bytes spell: mostly the very string that they spelled before, which makes no new one. */
export function nameAt(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > LONGEST) return decoded(bytes, start, end);
  let hash = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte > 127) return decoded(bytes, start, end);
    hash = (hash * 31 + byte) | 0;
  }
  const slot = hash & (SLOTS - 1);
  const name = known[slot]!;
  if (spells(name, bytes, start, end)) return name;
  return (known[slot] = decoded(bytes, start, end));
}

/** For names of ASCII, of which each byte is one unit. */
function spells(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

function decoded(bytes: Uint8Array, start: number, end: number): string {
  return BSON.onDemand.ByteUtils.toUTF8(bytes, start, end, false);
}

/** Up to here a loop is quicker than the view that a copy by the platform needs. */
const SHORT = 64;

/** Copies a part of `source` to `target` at `at`. @returns where it ends there */
export function copyBytes(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
): number {
  if (end - start > SHORT) {
    target.set(source.subarray(start, end), at);
    return at + end - start;
  }
  for (let from = start; from < end; from++) target[at++] = source[from]!;
  return at;
}
