import { BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { formatForMessage, MongoError } from '../language/errors';
import { indexKeysOf } from '../language/index-key';
import { encodeKeyComponent } from '../language/key-component';
import { multikeyKey, StoredCollection, StoredIndex } from './catalog';
import { WriteScope } from './group-commit';
import { documentKey, recordIdOfValue, StoredEntry, storedEntry } from './keys';
import { maxKeyLength } from './lmdb';

/**
 * The entries that a document has in an index.
 * @throws MongoError CannotIndexParallelArrays, KeyTooLong
 */
export function entriesOf(index: StoredIndex, document: BsonDocument, recordId: number): StoredEntry[] {
  if (!index.covers(document)) return [];
  const entries = indexKeysOf(document, index.key).map((components) =>
    storedEntry(index, components, recordId),
  );
  for (const { key } of entries) {
    if (key.length > maxKeyLength) {
      throw new MongoError(17280, `key too large to index, failing ${index.name} ${key.length}`);
    }
  }
  return entries;
}

/** The index's paths under which the document has an array. */
export function arrayPathsOf(index: StoredIndex, document: BsonDocument): string[] {
  return index.paths.filter(({ names }) => meetsArray(document, names)).map(({ path }) => path);
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

/** MongoDB's answer to a second document with a key of a unique index. */
export function duplicateKey(
  { ns }: StoredCollection,
  index: StoredIndex,
  document: BsonDocument,
  entry: StoredEntry,
): MongoError {
  const keyValue = keyValueOf(index, document, entry);
  const message = `E11000 duplicate key error collection: ${ns} index: ${index.name} dup key: ${formatForMessage(keyValue)}`;
  const extra: BsonDocument = new Map();
  return new MongoError(11000, message, [], extra.set('keyPattern', index.key).set('keyValue', keyValue));
}

/** The document's own values at one of its entries: of an array, the element that the entry stands for. */
function keyValueOf(index: StoredIndex, document: BsonDocument, { key }: StoredEntry): BsonDocument {
  const keyValue: BsonDocument = new Map();
  let position = 4;
  for (const { path, names, direction } of index.paths) {
    const candidates = valuesAt(document, names);
    const found = candidates.find((value) => startsWith(key, position, encodeKeyComponent(value, direction)));
    position += encodeKeyComponent(found, direction).length;
    keyValue.set(path, found ?? null);
  }
  return keyValue;
}

function valuesAt(value: BsonValue | undefined, names: readonly string[]): (BsonValue | undefined)[] {
  const [name, ...rest] = names;
  if (Array.isArray(value) && (name === undefined || !(Number(name) < value.length))) {
    return value.flatMap((element) => (name === undefined ? element : valuesAt(element, names)));
  }
  if (name === undefined) return [value];
  if (Array.isArray(value)) return valuesAt(value[Number(name)], rest);
  return valuesAt(isDocument(value) ? value.get(name) : undefined, rest);
}

function startsWith(key: Buffer, position: number, component: Uint8Array): boolean {
  return key.subarray(position, position + component.length).equals(component);
}

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
  const changes = collection.indexes.map((index) => ({
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
  const changes = (isMoved ? collection.indexes : []).map((index) => {
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
  const changes = collection.indexes.map((index) => ({
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
  for (const index of collection.indexes) {
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
