import { BSON, Double, Int32, Long, ObjectId } from 'bson';
import { BsonDocument, BsonValue, Value } from './bson-value';
import { check, MongoError } from './errors';

const { ByteUtils, NumberUtils } = BSON.onDemand;

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

  /** Goes on to the next field; false at the end. @throws MongoError InvalidBSON (22) */
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
  const decoded = ByteUtils.toUTF8(bytes, start, end, false);
  // Only a text of ASCII has as many units as bytes.
  if (length <= LONGEST && decoded.length === length) known[slot] = decoded;
  return decoded;
}

/**
 * Decodes a document without promoting or interpreting anything: an int stays an Int32, `{ $ref, $id }` a document.
 * @param bytes well formed: what clients send is checked when it comes in
 * @throws MongoError InvalidBSON (22), NotImplemented (238) for dates beyond JavaScript's
 */
export function decodeDocument(bytes: Uint8Array): BsonDocument {
  return decodeFields(bytes, null);
}

/** As `decodeDocument`, but only the named top-level fields; null for all of them. */
export function decodeFields(
  bytes: Uint8Array,
  names: { has(name: string): boolean } | null,
  offset = 0,
): BsonDocument {
  const document: BsonDocument = new Map();
  const fields = new ElementScanner(bytes, offset);
  while (fields.next()) {
    const { name } = fields;
    if (names === null || names.has(name)) document.set(name, decodeValue(bytes, fields));
  }
  return document;
}

/** Encodes a document with exactly the types it has: `encodeDocument(decodeDocument(bytes))` equals `bytes`. */
export function encodeDocument(document: BsonDocument): Uint8Array {
  return BSON.serialize(document);
}

/** A field as it stands in an encoded document. */
export function encodeField(name: string, value: BsonValue): Uint8Array {
  return encodeDocument(new Map([[name, value]])).subarray(4, -1);
}

/** The document's top-level fields whose names are kept, copied as they are. */
export function copyFields(bytes: Uint8Array, isKept: (name: string) => boolean): Uint8Array {
  const kept: Uint8Array[] = [];
  const fields = new ElementScanner(bytes);
  while (fields.next()) if (isKept(fields.name)) kept.push(fields.field);
  return documentOf(kept);
}

type Decoder = (bytes: Uint8Array, at: number, end: number) => BsonValue;

/** By type; the rare ones are left to the library. */
const DECODERS: Readonly<Record<number, Decoder>> = {
  1: (bytes, at) => new Double(NumberUtils.getFloat64LE(bytes, at)),
  2: (bytes, at, end) => ByteUtils.toUTF8(bytes, at + 4, end - 1, false),
  3: (bytes, at) => decodeFields(bytes, null, at),
  4(bytes, at) {
    const values: BsonValue[] = [];
    const elements = new ElementScanner(bytes, at);
    while (elements.next()) values.push(decodeValue(bytes, elements));
    return values;
  },
  // A copy, because the bytes may live in memory that the storage takes back.
  7: (bytes, at, end) => new ObjectId(Uint8Array.prototype.slice.call(bytes, at, end)),
  8: (bytes, at) => bytes[at] !== 0,
  9(bytes, at) {
    const date = new Date(Number(NumberUtils.getBigInt64LE(bytes, at)));
    check(!Number.isNaN(date.getTime()), 238, 'a date is beyond those of JavaScript');
    return date;
  },
  10: () => null,
  16: (bytes, at) => new Int32(NumberUtils.getInt32LE(bytes, at)),
  18: (bytes, at) => new Long(NumberUtils.getInt32LE(bytes, at), NumberUtils.getInt32LE(bytes, at + 4)),
};

const AS_STORED = { promoteValues: false, bsonRegExp: true, validation: { utf8: false } };

function decodeValue(bytes: Uint8Array, { type, valueStart, valueEnd }: ElementScanner): BsonValue {
  const decode = DECODERS[type];
  if (decode) return decode(bytes, valueStart, valueEnd);
  const document = documentOf([Uint8Array.of(type, 0), bytes.subarray(valueStart, valueEnd)]);
  try {
    return BSON.deserialize(document, AS_STORED)[''] as BsonValue;
  } catch (error) {
    throw new MongoError(22, `Invalid BSON: ${(error as Error).message}`);
  }
}

/** Whether two values have the same bytes: the same type, the same order of fields. An update to such is none. */
export function isIdentical(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Int32 && b instanceof Int32) return a.value === b.value;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  return Buffer.compare(encodeField('', a), encodeField('', b)) === 0;
}

/**
 * The document after a change of some of its top-level fields: what did not change is copied, not decoded.
 * @param before those fields as they are in `bytes`
 * @param after the same as they are to be, new ones behind the others; what does not change is the very same value
 */
export function patchDocument(bytes: Uint8Array, before: BsonDocument, after: BsonDocument): Uint8Array {
  const patched: Uint8Array[] = [];
  const fields = new ElementScanner(bytes);
  // Where that begins which has not changed since the last change.
  let start = fields.valueEnd;
  while (fields.next()) {
    const { name } = fields;
    const value = after.get(name);
    if (value === before.get(name)) continue;
    patched.push(bytes.subarray(start, fields.nameStart - 1));
    if (value !== undefined) patched.push(encodeField(name, value));
    start = fields.valueEnd;
  }
  patched.push(bytes.subarray(start, -1));
  for (const [name, value] of after) if (!before.has(name)) patched.push(encodeField(name, value));
  return documentOf(patched);
}
