import { BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { formatForMessage, MongoError } from '../language/errors';
import { indexKeysOf } from '../language/index-key';
import { encodeKeyComponent } from '../language/key-component';
import { valuesAtPath } from '../language/path';
import { catalogKey, StoredCollection, StoredIndex } from './catalog';
import { WriteScope } from './group-commit';
import { documentKey, storedEntry } from './keys';
import { Entry, maxKeyLength } from './lmdb';

/** The entries that a document has in an index. @throws MongoError CannotIndexParallelArrays, KeyTooLong */
export function entriesOf(index: StoredIndex, document: BsonDocument, recordId: number): Entry[] {
  if (!index.covers(document)) return [];
  return indexKeysOf(document, index.paths).map((components) => {
    const entry = storedEntry(index, components, recordId);
    if (entry.key.length <= maxKeyLength) return entry;
    throw new MongoError(17280, `key too large to index, failing ${index.name} ${entry.key.length}`);
  });
}

/** MongoDB's answer to a second document with a key of a unique index. */
export function duplicateKey(
  { ns }: StoredCollection,
  index: StoredIndex,
  document: BsonDocument,
  entry: Entry,
): MongoError {
  const keyValue = keyValueOf(index, document, entry);
  const message = `E11000 duplicate key error collection: ${ns} index: ${index.name} dup key: ${formatForMessage(keyValue)}`;
  return new MongoError(11000, message, { keyPattern: index.key, keyValue });
}

/** The document's own values at one of its entries: of an array, the element that the entry stands for. */
function keyValueOf(index: StoredIndex, document: BsonDocument, { key }: Entry): BsonDocument {
  const keyValue: BsonDocument = new Map();
  let position = 4;
  for (const { path, names, direction } of index.paths) {
    const isHere = (value: BsonValue) =>
      key.indexOf(encodeKeyComponent(value, direction), position) === position;
    const found = valuesAtPath(document, names).find(isHere);
    position += encodeKeyComponent(found, direction).length;
    keyValue.set(path, found ?? null);
  }
  return keyValue;
}

/** A document in both shapes; `fields` needs no more than the fields that the collection's indexes read. */
export interface Record {
  readonly bytes: Uint8Array;
  readonly fields: BsonDocument;
}

/**
 * Puts `after` in the place of `before`; null is for a document that is new, or that is removed. Everything is checked
 * before anything is changed.
 * @throws MongoError DuplicateKey, KeyTooLong, CannotIndexParallelArrays, and as `scope.claim` does
 */
export function changeRecord(
  scope: WriteScope,
  collection: StoredCollection,
  recordId: number,
  before: Record | null,
  after: Record | null,
): void {
  const documentAt = documentKey(collection.id, recordId);
  if (before) scope.claim('documents', documentAt);
  const isMoved = !before || !after || differ(before.fields, after.fields, collection.indexedFields);
  const removed: Entry[] = [];
  const added: Entry[] = [];
  for (const index of isMoved ? collection.indexes : []) {
    const old = before ? entriesOf(index, before.fields, recordId) : [];
    const now = after ? entriesOf(index, after.fields, recordId) : [];
    for (const entry of without(old, now)) {
      if (index.unique) scope.claim('indexes', entry.key);
      removed.push(entry);
    }
    for (const entry of without(now, old)) {
      if (index.unique) scope.claim('indexes', entry.key);
      const owner = index.unique && scope.reader.get('indexes', entry.key);
      if (owner && !owner.equals(entry.value)) throw duplicateKey(collection, index, after!.fields, entry);
      added.push(entry);
    }
  }
  for (const { key } of removed) scope.writer.remove('indexes', key);
  for (const { key, value } of added) scope.writer.put('indexes', key, value);
  if (after && isMoved) rememberArrays(scope, collection, after.fields);
  if (after) scope.writer.put('documents', documentAt, after.bytes);
  else scope.writer.remove('documents', documentAt);
  const was = before?.bytes.length ?? 0;
  const is = after?.bytes.length ?? 0;
  scope.count(collection.id, { documents: Number(is > 0) - Number(was > 0), bytes: is - was });
}

/** An update leaves what it does not change the very same value. */
function differ(before: BsonDocument, after: BsonDocument, fields: ReadonlySet<string>): boolean {
  for (const name of fields) if (before.get(name) !== after.get(name)) return true;
  return false;
}

function without(entries: readonly Entry[], others: readonly Entry[]): readonly Entry[] {
  if (entries.length === 0 || others.length === 0) return entries;
  const keys = new Set(others.map(({ key }) => key.toString('latin1')));
  return entries.filter(({ key }) => !keys.has(key.toString('latin1')));
}

/** A path that has met an array is never again one whose bounds the planner may combine. */
export function rememberArrays(scope: WriteScope, collection: StoredCollection, fields: BsonDocument): void {
  for (const index of collection.indexes) {
    for (const { path, names } of index.paths) {
      if (!meetsArray(fields, names)) continue;
      index.multikeyPaths.add(path);
      const key = catalogKey('array', index.id, path);
      // The set may know it from a write that was given up.
      if (!scope.reader.get('catalog', key)) scope.writer.put('catalog', key, Buffer.of(1));
    }
  }
}

function meetsArray(document: BsonDocument, names: readonly string[]): boolean {
  let value: BsonValue | undefined = document;
  for (const name of names) {
    if (!isDocument(value)) return false;
    value = value.get(name);
    if (Array.isArray(value)) return true;
  }
  return false;
}
