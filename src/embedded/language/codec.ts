import {
  Binary,
  BSON,
  BSONError,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'bson';
import { BsonDocument, BsonValue, Value } from './bson-value';
import { DocumentPieces, ElementScanner, nameAt } from './document-bytes';
import { MongoError } from './errors';

const { ByteUtils, NumberUtils } = BSON.onDemand;

/** MongoDB's limit on how deep documents nest. */
const MAX_DEPTH = 200;

/**
 * Decodes a document without promoting or interpreting anything: an int stays an Int32, `{ $ref, $id }` a document.
 * @throws MongoError InvalidBSON (22), Overflow (15) beyond 200 levels
 */
export function decodeDocument(bytes: Uint8Array): BsonDocument {
  return guarded(() => decodeDocumentAt(bytes, 0, 1));
}

/** As `decodeDocument`, but only the named top-level fields. */
export function decodeFields(bytes: Uint8Array, names: ReadonlySet<string>): BsonDocument {
  return guarded(() => {
    const document: BsonDocument = new Map();
    const fields = new ElementScanner(bytes);
    while (fields.next()) {
      for (const name of names) {
        if (fields.isNamed(name)) document.set(name, decodeValue(bytes, fields, 1));
      }
    }
    return document;
  });
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
    if (isKept(nameAt(bytes, fields.nameStart, fields.nameEnd)))
      pieces.add(bytes, fields.nameStart - 1, fields.valueEnd);
  }
  return pieces.toDocument();
}

function guarded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (BSONError.isBSONError(error) || error instanceof RangeError) throw new MongoError(22, error.message);
    throw error;
  }
}

function decodeDocumentAt(bytes: Uint8Array, offset: number, depth: number): BsonDocument {
  if (depth > MAX_DEPTH) throw tooDeep();
  const document: BsonDocument = new Map();
  const fields = new ElementScanner(bytes, offset);
  while (fields.next()) {
    document.set(nameAt(bytes, fields.nameStart, fields.nameEnd), decodeValue(bytes, fields, depth));
  }
  return document;
}

function decodeArrayAt(bytes: Uint8Array, offset: number, depth: number): BsonValue[] {
  if (depth > MAX_DEPTH) throw tooDeep();
  const values: BsonValue[] = [];
  const elements = new ElementScanner(bytes, offset);
  while (elements.next()) values.push(decodeValue(bytes, elements, depth));
  return values;
}

function tooDeep(): MongoError {
  return new MongoError(15, `BSONObj exceeds maximum nested object depth: ${MAX_DEPTH}`);
}

function decodeValue(
  bytes: Uint8Array,
  { type, valueStart: at, valueEnd: end }: ElementScanner,
  depth: number,
): BsonValue {
  switch (type) {
    case 1:
      return new Double(NumberUtils.getFloat64LE(bytes, at));
    case 2:
      return decodeText(bytes, at);
    case 3:
      return decodeDocumentAt(bytes, at, depth + 1);
    case 4:
      return decodeArrayAt(bytes, at, depth + 1);
    case 5:
      return decodeBinary(bytes, at);
    case 7:
      return new ObjectId(copy(bytes, at, 12));
    case 8:
      return bytes[at] !== 0;
    case 9:
      return decodeDate(Number(NumberUtils.getBigInt64LE(bytes, at)));
    case 10:
      return null;
    case 11:
      return decodeRegExp(bytes, at, end);
    case 13:
      return new Code(decodeText(bytes, at));
    case 14:
      return new BSONSymbol(decodeText(bytes, at));
    case 15: {
      const code = decodeText(bytes, at + 4);
      const scopeAt = at + 8 + NumberUtils.getInt32LE(bytes, at + 4);
      return new Code(code, decodeDocumentAt(bytes, scopeAt, depth + 1));
    }
    case 16:
      return new Int32(NumberUtils.getInt32LE(bytes, at));
    case 17:
      return new Timestamp(decodeLong(bytes, at));
    case 18:
      return decodeLong(bytes, at);
    case 19:
      return new Decimal128(copy(bytes, at, 16));
    case 127:
      return new MaxKey();
    case 255:
      return new MinKey();
    default:
      throw new MongoError(22, `BSON type ${type} is deprecated and not supported`);
  }
}

/** BSON's dates reach further than JavaScript's. */
class FarDate extends Date {
  constructor(private readonly milliseconds: number) {
    super(Number.NaN);
  }

  override getTime(): number {
    return this.milliseconds;
  }

  override valueOf(): number {
    return this.milliseconds;
  }
}

function decodeDate(milliseconds: number): Date {
  return Math.abs(milliseconds) > 8.64e15 ? new FarDate(milliseconds) : new Date(milliseconds);
}

/** A copy, because the bytes may live in memory that the storage takes back. */
function copy(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, at, at + length);
}

function decodeText(bytes: Uint8Array, at: number): string {
  return ByteUtils.toUTF8(bytes, at + 4, at + 3 + NumberUtils.getInt32LE(bytes, at), false);
}

function decodeLong(bytes: Uint8Array, at: number): Long {
  return new Long(NumberUtils.getInt32LE(bytes, at), NumberUtils.getInt32LE(bytes, at + 4));
}

function decodeBinary(bytes: Uint8Array, at: number): Binary {
  const length = NumberUtils.getInt32LE(bytes, at);
  const subType = bytes[at + 4]!;
  // The old subtype 2 repeats its length inside; the encoder writes it again.
  const inner = subType === Binary.SUBTYPE_BYTE_ARRAY ? 4 : 0;
  return new Binary(copy(bytes, at + 5 + inner, length - inner), subType);
}

function decodeRegExp(bytes: Uint8Array, at: number, end: number): BSONRegExp {
  const patternEnd = bytes.indexOf(0, at);
  const pattern = ByteUtils.toUTF8(bytes, at, patternEnd, false);
  return new BSONRegExp(pattern, ByteUtils.toUTF8(bytes, patternEnd + 1, end - 1, false));
}

/** Whether two values have the same bytes: the same type, the same order of fields. An update to such is none. */
export function isIdentical(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof Int32 && b instanceof Int32) return a.value === b.value;
  return isIdenticalDocument(new Map([['', a]]), new Map([['', b]]));
}

/** Whether two documents have the same bytes. */
export function isIdenticalDocument(a: BsonDocument, b: BsonDocument): boolean {
  return a === b || Buffer.compare(encodeDocument(a), encodeDocument(b)) === 0;
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
  const pieces = new DocumentPieces();
  let next = changed.next();
  const fields = new ElementScanner(bytes);
  while (fields.next()) {
    const name = nameAt(bytes, fields.nameStart, fields.nameEnd);
    const old = before.get(name);
    if (old === undefined || old === after.get(name)) {
      pieces.add(bytes, fields.nameStart - 1, fields.valueEnd);
    } else if (next && changed.isNamed(name)) {
      // `changes` has the names in the same order.
      pieces.add(encoded, changed.nameStart - 1, changed.valueEnd);
      next = changed.next();
    }
  }
  if (next) pieces.add(encoded, changed.nameStart - 1, encoded.length - 1);
  return pieces.toDocument();
}
