import { Catalog, totalsKey } from './catalog';
import {
  documentKey,
  endOf,
  indexBound,
  prefixOf,
  readEntry,
  readTotals,
  recordIdOfDocumentKey,
  sumOf,
  Totals,
} from './keys';
import { Entry, Reader } from './lmdb';
import { CollectionInfo, CollectionView, IndexEntry, IndexInfo, StoredDocument } from './view';

/** What a view reads from: one moment of the tables, and the catalog that belongs to it. */
export interface ReadScope {
  readonly reader: Reader;
  readonly catalog: Catalog;
  /** What this scope has added to the stored totals and not stored yet. */
  addedTotals(collectionId: number): Totals;
  release(): void;
}

/** A collection seen through a scope; null, and the scope let go, where there is no such collection. */
export function viewOf(scope: ReadScope, ns: string): CollectionView | null {
  const collection = scope.catalog.find(ns);
  if (collection) return new ScopedCollectionView(collection, scope);
  scope.release();
  return null;
}

/** A collection seen through a scope. */
export class ScopedCollectionView implements CollectionView {
  constructor(
    readonly collection: CollectionInfo,
    private readonly scope: ReadScope,
  ) {}

  document(recordId: number): Buffer | undefined {
    return this.scope.reader.get('documents', documentKey(this.collection.id, recordId));
  }

  scanIndex(
    index: IndexInfo,
    lower: Uint8Array,
    upper: Uint8Array,
    reverse: boolean,
  ): IterableIterator<IndexEntry> {
    const from = indexBound(index.id, lower);
    const to = indexBound(index.id, upper);
    const only = index.unique && isBeginningOnly(from, to) && this.scope.reader.get('indexes', from);
    if (only) return [readEntry(index, { key: from, value: only })].values();
    // Only a unique index has anything in its values.
    return new IndexWalk(index, () => this.scope.reader.range('indexes', from, to, reverse, !index.unique));
  }

  *scanDocuments(reverse = false): IterableIterator<StoredDocument> {
    const { id } = this.collection;
    for (const { key, value } of this.scope.reader.range('documents', prefixOf(id), endOf(id), reverse)) {
      yield { recordId: recordIdOfDocumentKey(key), bytes: value };
    }
  }

  documentCount(): number {
    return this.totals().documents;
  }

  totals(): Totals {
    const stored = this.scope.reader.get('catalog', totalsKey(this.collection.id));
    return sumOf(readTotals(stored), this.scope.addedTotals(this.collection.id));
  }

  sibling(name: string): CollectionView | null {
    const collection = this.scope.catalog.find(`${this.collection.db}.${name}`);
    return collection && new ScopedCollectionView(collection, this.scope);
  }

  release(): void {
    this.scope.release();
  }
}

/** A generator in all but name, at a fraction of what one costs for each entry. */
class IndexWalk implements IterableIterator<IndexEntry> {
  private entries: IterableIterator<Entry> | null = null;

  constructor(
    private readonly index: IndexInfo,
    private readonly open: () => IterableIterator<Entry>,
  ) {}

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<IndexEntry> {
    this.entries ??= this.open();
    const result = this.entries.next();
    return result.done ? result : { done: false, value: readEntry(this.index, result.value) };
  }

  return(): IteratorResult<IndexEntry> {
    this.entries?.return?.();
    return { done: true, value: undefined };
  }
}

/**
 * Whether between the bounds lie just those keys that begin with the lower one. If that is itself a key, it is the only
 * one, because no whole key is the beginning of another; looking it up costs a fraction of a walk.
 */
function isBeginningOnly(lower: Buffer, upper: Buffer): boolean {
  const last = lower.length - 1;
  return (
    upper.length === lower.length &&
    upper[last] === lower[last]! + 1 &&
    lower.compare(upper, 0, last, 0, last) === 0
  );
}
