import { ObjectId } from 'bson';
import { encodeDocument } from '../language/codec';
import { DocumentPieces, ElementScanner, nameAt } from '../language/document-bytes';
import { MongoError } from '../language/errors';
import { MAX_DOCUMENT_BYTES } from './request';

const dollar = '$'.charCodeAt(0);
const typeOfDocument = 3;
const typeOfTimestamp = 17;
const deprecatedTypes = new Set([6, 12]);
const references = new Set(['$ref', '$id', '$db']);
/** Types that no `_id` may have, as messages call them. */
const refusedIdTypes = new Map([
  [4, 'an array'],
  [6, 'a undefined'],
  [11, 'a regex'],
]);

/** What may keep a document from being stored just as it came. */
interface Findings {
  /** How many fields are called `_id`. */
  ids: number;
  /** Where the last of them begins, with its type and name, and where it ends. */
  idStart: number;
  idEnd: number;
  /** Where the values of empty timestamps stand. */
  readonly emptyTimestamps: number[];
}

/**
 * A document as it is stored: `_id` first, made where it is missing, and empty timestamps filled in.
 * @throws MongoError BadValue, InvalidBSON
 */
export function storable(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    throw new MongoError(
      2,
      `object to insert too large. size in bytes: ${bytes.length}, max size: ${MAX_DOCUMENT_BYTES}`,
    );
  }
  const { ids, idStart, idEnd, emptyTimestamps } = look(bytes);
  if (ids > 1) throw new MongoError(2, "can't have multiple _id fields in one document");
  const whole = emptyTimestamps.length > 0 ? withTime(bytes, emptyTimestamps) : bytes;
  if (ids === 0) return withNewId(whole);
  return idStart === firstField ? whole : withIdFirst(whole, idStart, idEnd);
}

/** Where the first field of a document begins. */
const firstField = 4;

function look(bytes: Uint8Array): Findings {
  const findings: Findings = { ids: 0, idStart: 0, idEnd: 0, emptyTimestamps: [] };
  const fields = new ElementScanner(bytes);
  while (fields.next()) {
    const { type, nameStart, valueStart } = fields;
    if (bytes[nameStart] === dollar) throw dollarPrefixed(bytes, fields);
    if (fields.isNamed('_id')) {
      checkId(bytes, fields);
      findings.ids += 1;
      findings.idStart = nameStart - 1;
      findings.idEnd = fields.valueEnd;
    } else if (type === typeOfTimestamp && isZero(bytes, valueStart)) {
      findings.emptyTimestamps.push(valueStart);
    } else if (deprecatedTypes.has(type)) {
      throw new MongoError(22, `BSON type ${type} is deprecated and not supported`);
    }
  }
  return findings;
}

function checkId(bytes: Uint8Array, { type, valueStart }: ElementScanner): void {
  const refused = refusedIdTypes.get(type);
  if (refused) throw new MongoError(2, `can't use ${refused} for _id`);
  if (type === typeOfDocument) checkIdDocument(bytes, valueStart);
}

/** Names inside of other values may begin with `$`; those of an `_id` may only be a reference's. */
function checkIdDocument(bytes: Uint8Array, start: number): void {
  const fields = new ElementScanner(bytes, start);
  while (fields.next()) {
    const name = nameAt(bytes, fields.nameStart, fields.nameEnd);
    if (name.startsWith('$') && !references.has(name)) {
      throw new MongoError(52, `${name} is not valid for storage.`);
    }
  }
}

function isZero(bytes: Uint8Array, at: number): boolean {
  return bytes.subarray(at, at + 8).every((byte) => byte === 0);
}

function dollarPrefixed(bytes: Uint8Array, { nameStart, nameEnd }: ElementScanner): MongoError {
  return new MongoError(
    2,
    `Document can't have $ prefixed field names: ${nameAt(bytes, nameStart, nameEnd)}`,
  );
}

let timestamps = 0;

function withTime(bytes: Uint8Array, emptyTimestamps: readonly number[]): Buffer {
  const document = Buffer.from(bytes);
  for (const at of emptyTimestamps) {
    document.writeUInt32LE(++timestamps, at);
    document.writeUInt32LE(Math.floor(Date.now() / 1000), at + 4);
  }
  return document;
}

function withNewId(bytes: Uint8Array): Buffer {
  const id = encodeDocument(new Map([['_id', new ObjectId()]]));
  const pieces = new DocumentPieces();
  pieces.add(id, firstField, id.length - 1);
  pieces.add(bytes, firstField, bytes.length - 1);
  return pieces.toDocument();
}

/** Drivers add the `_id` that they make behind the other fields. */
function withIdFirst(bytes: Uint8Array, idStart: number, idEnd: number): Buffer {
  const pieces = new DocumentPieces();
  pieces.add(bytes, idStart, idEnd);
  pieces.add(bytes, firstField, idStart);
  pieces.add(bytes, idEnd, bytes.length - 1);
  return pieces.toDocument();
}
