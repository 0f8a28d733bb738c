import { BsonDocument } from '../language/bson-value';
import { FilterNode } from '../language/filter-node';

/** One index of a collection. */
export interface IndexInfo {
  readonly id: number;
  readonly name: string;
  readonly key: BsonDocument;
  readonly unique: boolean;
  /** Does not have every document's entry: must never be used to answer. */
  readonly sparse: boolean;
  /** What a document must meet to have entries in a partial index; null for an index of all documents. */
  readonly partial: FilterNode | null;
  /** Whether any document has, or had, an array under one of the key's paths. Never goes back to false. */
  readonly multikey: boolean;
  /**
   * The paths of the key under which any document has, or had, an array: `labels` of { labels: 1, startedAt: -1 }. The
   * planner combines bounds and trusts the order only of the other ones.
   */
  readonly multikeyPaths: ReadonlySet<string>;
  /** As listIndexes shows it. */
  readonly spec: BsonDocument;
}

/** One collection as the catalog knew it at some moment; a change of the catalog makes a new one. */
export interface CollectionInfo {
  readonly id: number;
  readonly db: string;
  readonly name: string;
  readonly ns: string;
  /** `_id_` first. */
  readonly indexes: readonly IndexInfo[];
  /** What `create` was given, as listCollections shows it. */
  readonly options: BsonDocument;
}

/** One entry of an index: all components of its key, without the record's id. */
export interface IndexEntry {
  readonly key: Uint8Array;
  /** Bytes in which the key begins at `keyStart`. */
  readonly stored: Uint8Array;
  readonly keyStart: number;
  readonly recordId: number;
}

/** One stored document. Record ids grow in the order of insertion and are never used twice. */
export interface StoredDocument {
  readonly recordId: number;
  readonly bytes: Uint8Array;
}

/** What one statement reads through: a snapshot, a transaction's snapshot with its own writes, or the write in progress. */
export interface CollectionView {
  readonly collection: CollectionInfo;
  document(recordId: number): Uint8Array | undefined;
  /**
   * Entries with lower <= key < upper (bytes), ascending, or descending when `reverse`. Lazy: a walk that is not ended
   * by itself must be ended by `return()` (a `for of` does), which releases its cursor. Seeking is a new scan.
   */
  scanIndex(
    index: IndexInfo,
    lower: Uint8Array,
    upper: Uint8Array,
    reverse: boolean,
  ): IterableIterator<IndexEntry>;
  /** All documents in the order of insertion, or the reverse of it; lazy as above. */
  scanDocuments(reverse?: boolean): IterableIterator<StoredDocument>;
  /** The number of documents, without counting them. */
  documentCount(): number;
  /** Another collection of the same database (`$lookup`) as of the same moment, or null where there is none. */
  sibling(name: string): CollectionView | null;
  /**
   * Lets the snapshot go; whoever asked the engine for the view calls it when the statement, or its cursor, has ended.
   * A second call, and any on a transaction's view, does nothing.
   */
  release(): void;
}
