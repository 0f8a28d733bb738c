import { BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { MongoError, formatForMessage } from '../language/errors';
import { indexKeysOf } from '../language/index-key';
import { encodeKeyComponent } from '../language/key-component';
import { StoredCollection, StoredIndex } from './catalog';
import { maxKeyLength } from './lmdb';
import { StoredEntry, storedEntry } from './keys';

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
