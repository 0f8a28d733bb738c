import { BSON, Double, Int32, Long, ObjectId } from 'bson';
import { BsonDocument, BsonValue, Value } from './bson-value';
import { documentOf, ElementScanner } from './document-bytes';
import { check, MongoError } from './errors';

const { ByteUtils, NumberUtils } = BSON.onDemand;

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
function encodeField(name: string, value: BsonValue): Uint8Array {
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
  while (fields.next()) {
    const { name, field } = fields;
    const value = after.get(name);
    if (value === before.get(name)) patched.push(field);
    else if (value !== undefined) patched.push(encodeField(name, value));
  }
  for (const [name, value] of after) if (!before.has(name)) patched.push(encodeField(name, value));
  return documentOf(patched);
}
