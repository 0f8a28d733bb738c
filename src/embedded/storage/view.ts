import { Catalog, catalogKey, StoredCollection, StoredIndex } from './catalog';
import { documentKey, indexBound, IndexEntry, rangeOf, readTotals, recordIdOf, Totals } from './keys';
import { Snapshot } from './lmdb';

/** One stored document. Record ids grow in the order of insertion and are never used twice. */
export interface StoredDocument {
  readonly recordId: number;
  readonly bytes: Uint8Array;
}

/** What a view reads from: one moment of the tables, and the catalog that belongs to it. */
export interface ReadScope extends Snapshot {
  readonly catalog: Catalog;
}

/** What a statement reads a collection through: a snapshot, a transaction with its own writes, or the write in progress. */
export class CollectionView {
  constructor(
    readonly collection: StoredCollection,
    readonly scope: ReadScope,
  ) {}

  document(recordId: number): Buffer | undefined {
    return this.scope.reader.get('documents', documentKey(this.collection.id, recordId));
  }

  /**
   * Entries with lower <= key < upper (bytes), ascending, or descending when `reverse`. A walk that does not end
   * by itself must be ended by `return()` (a `for of` does), which releases its cursor.
   */
  *scanIndex(
    index: StoredIndex,
    lower: Uint8Array,
    upper: Uint8Array,
    reverse: boolean,
  ): Generator<IndexEntry> {
    const from = indexBound(index.id, lower);
    const to = indexBound(index.id, upper);
    const only = index.unique && isBeginningOnly(from, to) && this.scope.reader.get('indexes', from);
    if (only) return yield new IndexEntry(from, only);
    // Only a unique index has anything in its values.
    const entries = this.scope.reader.range('indexes', from, to, reverse, !index.unique);
    for (const { key, value } of entries) yield new IndexEntry(key, value);
  }

  /** All documents in the order of insertion; to be ended as above. */
  *scanDocuments(): Generator<StoredDocument> {
    const { id } = this.collection;
    for (const { key, value } of this.scope.reader.range('documents', ...rangeOf(id))) {
      yield { recordId: recordIdOf(key), bytes: value };
    }
  }

  /** How much it holds, without counting; in a transaction, without its own writes. */
  totals(): Totals {
    return readTotals(this.scope.reader.get('catalog', catalogKey('totals', this.collection.id)));
  }

  /** Another collection of the same database (`$unionWith`) as of the same moment, or null where there is none. */
  sibling(name: string): CollectionView | null {
    const collection = this.scope.catalog.get(`${this.collection.db}.${name}`);
    return collection ? new CollectionView(collection, this.scope) : null;
  }

  /**
   * Lets the snapshot go; whoever asked the engine for the view calls it when the statement, or its cursor, has ended.
   * A second call, and any on a transaction's view, does nothing.
   */
  release(): void {
    this.scope.release();
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
