import { BSON, Double, Int32, Long, ObjectId } from 'bson';
import { BsonDocument, BsonValue, Value } from './bson-value';
import { DocumentPieces, ElementScanner } from './document-bytes';
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

/** The document's top-level fields whose names are kept, copied as they are. */
export function copyFields(bytes: Uint8Array, isKept: (name: string) => boolean): Uint8Array {
  const pieces = new DocumentPieces();
  const fields = new ElementScanner(bytes);
  while (fields.next()) {
    if (isKept(fields.name)) pieces.add(bytes, fields.nameStart - 1, fields.valueEnd);
  }
  return pieces.toDocument();
}

function decodeArrayAt(bytes: Uint8Array, offset: number): BsonValue[] {
  const values: BsonValue[] = [];
  const elements = new ElementScanner(bytes, offset);
  while (elements.next()) values.push(decodeValue(bytes, elements));
  return values;
}

function decodeValue(bytes: Uint8Array, element: ElementScanner): BsonValue {
  const { type, valueStart: at, valueEnd: end } = element;
  switch (type) {
    case 1:
      return new Double(NumberUtils.getFloat64LE(bytes, at));
    case 2:
      return ByteUtils.toUTF8(bytes, at + 4, end - 1, false);
    case 3:
      return decodeFields(bytes, null, at);
    case 4:
      return decodeArrayAt(bytes, at);
    case 7:
      // A copy, because the bytes may live in memory that the storage takes back.
      return new ObjectId(Uint8Array.prototype.slice.call(bytes, at, end));
    case 8:
      return bytes[at] !== 0;
    case 9:
      return decodeDate(Number(NumberUtils.getBigInt64LE(bytes, at)));
    case 10:
      return null;
    case 16:
      return new Int32(NumberUtils.getInt32LE(bytes, at));
    case 18:
      return new Long(NumberUtils.getInt32LE(bytes, at), NumberUtils.getInt32LE(bytes, at + 4));
    default:
      return decodeRareValue(bytes, element);
  }
}

const AS_STORED = { promoteValues: false, bsonRegExp: true, validation: { utf8: false } };

/** Leaves a value to the library, in a document of its own. */
function decodeRareValue(bytes: Uint8Array, { type, valueStart, valueEnd }: ElementScanner): BsonValue {
  const document = Buffer.alloc(valueEnd - valueStart + 7);
  document.writeInt32LE(document.length);
  document[4] = type;
  document.set(bytes.subarray(valueStart, valueEnd), 6);
  try {
    return BSON.deserialize(document, AS_STORED)[''] as BsonValue;
  } catch (error) {
    throw new MongoError(22, `Invalid BSON: ${(error as Error).message}`);
  }
}

function decodeDate(milliseconds: number): Date {
  const date = new Date(milliseconds);
  check(!Number.isNaN(date.getTime()), 238, 'a date is beyond those of JavaScript');
  return date;
}

/** Whether two values have the same bytes: the same type, the same order of fields. An update to such is none. */
export function isIdentical(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Int32 && b instanceof Int32) return a.value === b.value;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  return Buffer.compare(encodeDocument(new Map([['', a]])), encodeDocument(new Map([['', b]]))) === 0;
}

/**
 * The document after a change of some of its top-level fields: what did not change is copied, not decoded.
 * @param before those fields as they are in `bytes`
 * @param after the same as they are to be, new ones behind the others; what does not change is the very same value
 */
export function patchDocument(bytes: Uint8Array, before: BsonDocument, after: BsonDocument): Uint8Array {
  const changes: BsonDocument = new Map();
  for (const [name, value] of after) if (value !== before.get(name)) changes.set(name, value);
  const encoded = encodeDocument(changes);
  const changed = new ElementScanner(encoded);
  let next = changed.next();
  const pieces = new DocumentPieces();
  const fields = new ElementScanner(bytes);
  while (fields.next()) {
    const { name } = fields;
    const value = after.get(name);
    if (value === before.get(name)) {
      pieces.add(bytes, fields.nameStart - 1, fields.valueEnd);
    } else if (value !== undefined) {
      // `changes` has the names in the same order.
      pieces.add(encoded, changed.nameStart - 1, changed.valueEnd);
      next = changed.next();
    }
  }
  if (next) pieces.add(encoded, changed.nameStart - 1, encoded.length - 1);
  return pieces.toDocument();
}
