import { UUID } from 'bson';
import { bson, BsonDocument } from '../language/bson-value';
import { decodeFields, encodeDocument } from '../language/codec';
import { catalogKey, readGarbage, StoredCollection, StoredIndex } from './catalog';
import { CollectionView } from './view';
import { GroupCommit, WriteGroup, WriteScope } from './group-commit';
import { rangeOf } from './keys';
import { Writer } from './lmdb';
import { duplicateKey, entriesOf, rememberArrays } from './records';

export function createCollection(scope: WriteScope, ns: string): StoredCollection {
  scope.claimCollection(ns);
  const uuid = new UUID().toBinary();
  const spec = bson({ v: 2, key: { _id: 1 }, name: '_id_' });
  const id = scope.ids.next();
  const indexes = [new StoredIndex(scope.ids.next(), spec)];
  const collection = new StoredCollection(id, ns, uuid, new Map(), indexes);
  setCollection(scope, collection);
  return collection;
}

/**
 * Adds indexes and fills them from the documents that are there; nothing else is written meanwhile.
 * @throws MongoError DuplicateKey, KeyTooLong, CannotIndexParallelArrays; then none of them is added
 */
export function addIndexes(
  scope: WriteScope,
  collection: StoredCollection,
  specs: readonly BsonDocument[],
): void {
  scope.claimCollection(collection.ns);
  const added = specs.map((spec) => new StoredIndex(scope.ids.next(), spec));
  try {
    fill(scope, collection.withIndexes(added));
  } catch (error) {
    for (const { id } of added) discard(scope.writer, id);
    throw error;
  }
  setCollection(scope, collection.withIndexes([...collection.indexes, ...added]));
}

export function dropIndexes(
  scope: WriteScope,
  collection: StoredCollection,
  dropped: readonly StoredIndex[],
): void {
  scope.claimCollection(collection.ns);
  const kept = collection.indexes.filter((index) => !dropped.includes(index));
  setCollection(scope, collection.withIndexes(kept));
  // Kept until later: who reads with the catalog of before this commit may still walk them.
  for (const { id } of dropped) discard(scope.writer, id);
}

export function dropCollection(scope: WriteScope, collection: StoredCollection): void {
  scope.claimCollection(collection.ns);
  scope.catalog = new Map([...scope.catalog].filter(([ns]) => ns !== collection.ns));
  scope.writer.remove('catalog', catalogKey('collection', collection.id));
  for (const { id } of [collection, ...collection.indexes]) discard(scope.writer, id);
}

function setCollection(scope: WriteScope, collection: StoredCollection): void {
  const { id, ns, uuid, options } = collection;
  scope.catalog = new Map(scope.catalog).set(ns, collection);
  const indexes = collection.indexes.map((index) => bson({ id: index.id, spec: index.spec }));
  const stored = encodeDocument(bson({ ns, uuid, options, indexes }));
  scope.writer.put('catalog', catalogKey('collection', id), stored);
}

/** Marks what a collection or index has stored as garbage, to be removed bit by bit later. */
function discard(writer: Writer, id: number): void {
  writer.put('catalog', catalogKey('garbage', id), Buffer.of(1));
}

/** @param collection with the new indexes only */
function fill(scope: WriteScope, collection: StoredCollection): void {
  for (const { recordId, bytes } of new CollectionView(collection, scope).scanDocuments()) {
    const fields = decodeFields(bytes, collection.indexedFields);
    for (const index of collection.indexes) {
      for (const entry of entriesOf(index, fields, recordId)) {
        const isTaken = index.unique && scope.reader.get('indexes', entry.key);
        if (isTaken) throw duplicateKey(collection, index, fields, entry);
        scope.writer.put('indexes', entry.key, entry.value);
      }
    }
    rememberArrays(scope, collection, fields);
  }
}

/** Keys removed in one commit: few enough that the writes which wait for it do not notice. */
const keysAtOnce = 2000;

/** Removes what dropped collections and indexes have stored, a little in each commit. */
export class GarbageCollector {
  private sweeping: Promise<void> | null = null;
  private stopped = false;

  constructor(
    private readonly groups: GroupCommit,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Something was dropped. */
  wake(): void {
    this.sweeping ??= this.sweep()
      .catch(this.onFailure)
      .finally(() => (this.sweeping = null));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.sweeping;
  }

  private async sweep(): Promise<void> {
    for (let isLeft = true; isLeft && !this.stopped;) isLeft = await this.groups.submit(sweepSome);
  }
}

/** @returns whether there may be more */
function sweepSome({ reader, writer }: WriteGroup): boolean {
  let room = keysAtOnce;
  for (const id of readGarbage(reader)) {
    for (const table of ['documents', 'indexes'] as const) {
      const keys: Buffer[] = [];
      for (const { key } of reader.range(table, ...rangeOf(id), false, true)) {
        keys.push(key);
        if (--room === 0) break;
      }
      for (const key of keys) writer.remove(table, key);
      if (room === 0) return true;
    }
    // Nothing else is left of it: its id may be given again after a restart.
    const arrays = [...reader.range('catalog', catalogKey('array', id), catalogKey('array', id + 1))];
    const marks = [catalogKey('totals', id), catalogKey('garbage', id)];
    for (const key of [...arrays.map((entry) => entry.key), ...marks]) writer.remove('catalog', key);
  }
  return false;
}
