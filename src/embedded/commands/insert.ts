import { ObjectId, onDemand, Timestamp } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument } from '../language/bson-value';
import { decodeDocument, decodeFields, encodeDocument } from '../language/codec';
import { MongoError } from '../language/errors';
import { StoredCollection } from '../storage/catalog';
import { createCollection } from '../storage/catalog-changes';
import { insertRecord } from '../storage/records';
import { WriteScope } from '../storage/write-scope';
import { bulkReply, runBulk } from './bulk-write';
import type { CommandRequest, Reply } from './command';
import { assertOptions, booleanOption } from './generic-options';
import { MAX_DOCUMENT_BYTES } from './limits';
import { assertWritable, namespaceOf } from './namespace';

const options = { taken: new Set(['documents', 'ordered', 'bypassDocumentValidation']) };

export async function insert(request: CommandRequest, engine: Engine): Promise<Reply> {
  assertOptions(request, options);
  const ns = namespaceOf(request);
  assertWritable(ns);
  const totals = await runBulk(request, engine, {
    count: request.rawDocuments.length,
    ordered: booleanOption(request.body, 'ordered', 'insert', true),
    perform: (scope, index) => {
      const bytes = storable(request.rawDocuments[index]!);
      storeDocument(scope, collectionFor(scope, ns), bytes);
      return { n: 1 };
    },
  });
  return bulkReply(totals, false);
}

/** The collection, made where it is missing: the first insert does that. */
export function collectionFor(scope: WriteScope, ns: string): StoredCollection {
  return scope.use(ns) ?? createCollection(scope, ns);
}

/** @throws MongoError DuplicateKey and other refusals of an index */
export function storeDocument(scope: WriteScope, collection: StoredCollection, bytes: Uint8Array): void {
  const fields = decodeFields(bytes, collection.indexedFields);
  insertRecord(scope, collection, scope.ids.nextRecord(collection.id, scope.reader), { bytes, fields });
}

const dollar = '$'.charCodeAt(0);
const typeOfDocument = 3;
const typeOfTimestamp = 17;
const references = new Set(['$ref', '$id', '$db']);
/** Types that no `_id` may have, as messages call them. */
const refusedIdTypes = new Map([
  [4, 'an array'],
  [6, 'a undefined'],
  [11, 'a regex'],
]);

/**
 * A document as it is stored: `_id` first, made where it is missing, and empty timestamps filled in.
 * @throws MongoError BadValue
 */
export function storable(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    throw new MongoError(
      2,
      `object to insert too large. size in bytes: ${bytes.length}, max size: ${MAX_DOCUMENT_BYTES}`,
    );
  }
  const document = bytes as Buffer;
  let ids = 0;
  let asItIs = true;
  let first = true;
  for (const [type, nameOffset, nameLength, offset] of onDemand.parseToElements(bytes)) {
    if (bytes[nameOffset] === dollar) throw dollarPrefixed(document, nameOffset, nameLength);
    if (isId(bytes, nameOffset, nameLength)) {
      ids += 1;
      if (!first) asItIs = false;
      const refused = refusedIdTypes.get(type);
      if (refused) throw new MongoError(2, `can't use ${refused} for _id`);
      if (type === typeOfDocument) checkIdDocument(document, offset);
    }
    if (type === typeOfTimestamp && isZero(bytes, offset)) asItIs = false;
    first = false;
  }
  if (ids > 1) throw new MongoError(2, "can't have multiple _id fields in one document");
  return asItIs && ids === 1 ? bytes : encodeDocument(completed(decodeDocument(bytes)));
}

function isId(bytes: Uint8Array, at: number, length: number): boolean {
  return length === 3 && bytes[at] === 0x5f && bytes[at + 1] === 0x69 && bytes[at + 2] === 0x64;
}

/** Names inside of other values may begin with `$`; those of an `_id` may only be a reference's. */
function checkIdDocument(document: Buffer, at: number): void {
  for (const [, nameOffset, nameLength] of onDemand.parseToElements(document, at)) {
    const name = document.toString('utf8', nameOffset, nameOffset + nameLength);
    if (name.startsWith('$') && !references.has(name)) {
      throw new MongoError(52, `${name} is not valid for storage.`);
    }
  }
}

function isZero(bytes: Uint8Array, at: number): boolean {
  return bytes.subarray(at, at + 8).every((byte) => byte === 0);
}

function dollarPrefixed(document: Buffer, at: number, length: number): MongoError {
  const name = document.toString('utf8', at, at + length);
  return new MongoError(2, `Document can't have $ prefixed field names: ${name}`);
}

let timestamps = 0;

function completed(document: BsonDocument): BsonDocument {
  const whole: BsonDocument = new Map([['_id', document.get('_id') ?? new ObjectId()]]);
  for (const [name, value] of document) {
    const isEmpty = value instanceof Timestamp && value.isZero() && name !== '_id';
    whole.set(name, isEmpty ? new Timestamp({ t: Math.floor(Date.now() / 1000), i: ++timestamps }) : value);
  }
  return whole;
}
