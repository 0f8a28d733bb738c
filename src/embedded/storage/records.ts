import { BsonDocument } from '../language/bson-value';
import { multikeyKey, StoredCollection, StoredIndex } from './catalog';
import { arrayPathsOf, duplicateKey, entriesOf } from './index-entries';
import { documentKey, recordIdOfValue, StoredEntry } from './keys';
import { WriteScope } from './write-scope';

interface EntryChange {
  readonly index: StoredIndex;
  readonly added: readonly StoredEntry[];
  readonly removed: readonly StoredEntry[];
}

/** A document in both shapes; `fields` needs no more than the fields that the collection's indexes read. */
export interface Record {
  readonly bytes: Uint8Array;
  readonly fields: BsonDocument;
}

/**
 * Stores a new document. Like all writes here it checks everything before it changes anything.
 * @throws MongoError DuplicateKey, KeyTooLong, CannotIndexParallelArrays
 */
export function insertRecord(
  scope: WriteScope,
  collection: StoredCollection,
  recordId: number,
  { bytes, fields }: Record,
): void {
  const changes = collection.entryIndexes.map((index) => ({
    index,
    added: entriesOf(index, fields, recordId),
    removed: [],
  }));
  check(scope, collection, changes, fields, recordId);
  apply(scope, changes);
  rememberArrays(scope, collection, fields);
  scope.writer.put('documents', documentKey(collection.id, recordId), bytes);
  scope.count(collection.id, { documents: 1, bytes: bytes.length });
}

/** Puts `after` in the place of `before`. Throws as `insertRecord` does. */
export function replaceRecord(
  scope: WriteScope,
  collection: StoredCollection,
  recordId: number,
  before: Record,
  after: Record,
): void {
  scope.claim('documents', documentKey(collection.id, recordId));
  const isMoved = [...collection.indexedFields].some(
    (name) => before.fields.get(name) !== after.fields.get(name),
  );
  // An update leaves what it does not change the very same value.
  const changes = (isMoved ? collection.entryIndexes : []).map((index) => {
    const old = entriesOf(index, before.fields, recordId);
    const now = entriesOf(index, after.fields, recordId);
    return { index, added: without(now, old), removed: without(old, now) };
  });
  check(scope, collection, changes, after.fields, recordId);
  apply(scope, changes);
  if (isMoved) rememberArrays(scope, collection, after.fields);
  scope.writer.put('documents', documentKey(collection.id, recordId), after.bytes);
  scope.count(collection.id, { documents: 0, bytes: after.bytes.length - before.bytes.length });
}

export function removeRecord(
  scope: WriteScope,
  collection: StoredCollection,
  recordId: number,
  before: Record,
): void {
  const key = documentKey(collection.id, recordId);
  scope.claim('documents', key);
  const changes = collection.entryIndexes.map((index) => ({
    index,
    added: [],
    removed: entriesOf(index, before.fields, recordId),
  }));
  check(scope, collection, changes, before.fields, recordId);
  apply(scope, changes);
  scope.writer.remove('documents', key);
  scope.count(collection.id, { documents: -1, bytes: -before.bytes.length });
}

/** Claims the unique keys that are taken or freed, and refuses those that another document has. */
function check(
  scope: WriteScope,
  collection: StoredCollection,
  changes: readonly EntryChange[],
  fields: BsonDocument,
  recordId: number,
): void {
  for (const { index, added, removed } of changes) {
    if (!index.unique) continue;
    for (const { key } of removed) scope.claim('indexes', key);
    for (const entry of added) {
      scope.claim('indexes', entry.key);
      const owner = scope.reader.get('indexes', entry.key);
      if (owner && recordIdOfValue(owner) !== recordId) throw duplicateKey(collection, index, fields, entry);
    }
  }
}

function apply(scope: WriteScope, changes: readonly EntryChange[]): void {
  for (const { added, removed } of changes) {
    for (const { key } of removed) scope.writer.remove('indexes', key);
    for (const { key, value } of added) scope.writer.put('indexes', key, value);
  }
}

/** A path that has met an array is never again one whose bounds the planner may combine. */
export function rememberArrays(scope: WriteScope, collection: StoredCollection, fields: BsonDocument): void {
  for (const index of collection.entryIndexes) {
    for (const path of arrayPathsOf(index, fields)) {
      index.multikeyPaths.add(path);
      const key = multikeyKey(index.id, path);
      // The set may know it from a write that was given up.
      if (!scope.reader.get('catalog', key)) scope.writer.put('catalog', key, present);
    }
  }
}

const present = Buffer.of(1);

function without(entries: readonly StoredEntry[], others: readonly StoredEntry[]): StoredEntry[] {
  const keys = new Set(others.map(({ key }) => key.toString('latin1')));
  return entries.filter(({ key }) => !keys.has(key.toString('latin1')));
}
