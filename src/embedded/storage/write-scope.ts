import { MongoError } from '../language/errors';
import { Catalog, StoredCollection } from './catalog';
import { ReadScope } from './collection-view';
import { Totals } from './totals';
import { Ids } from './ids';
import { Table, Writer } from './lmdb';

/** What a write goes through: the group being committed, or a transaction's own overlay. */
export interface WriteScope extends ReadScope {
  readonly writer: Writer;
  readonly ids: Ids;
  /** A change of the catalog puts a new one here. */
  catalog: Catalog;
  /** A collection that is about to be read or written. */
  use(ns: string): StoredCollection | null;
  /**
   * Says that this write is about to change a document, or take or free a unique key.
   * @throws MongoError WriteConflict inside a transaction; Blocked outside of one
   */
  claim(table: Table, key: Buffer): void;
  /** As `claim`, for the collection as a whole: its existence and its indexes. */
  claimCollection(ns: string): void;
  /**
   * Called between two changes of a statement that has many: lets others have their turn.
   * @param meanwhile what is to be done before the statement goes on
   * @throws Blocked when it has taken long
   */
  pause(meanwhile?: () => Promise<void>): void;
  /** Counts documents, and their bytes, that come or go. */
  count(collectionId: number, change: Totals): void;
}

/**
 * Thrown by a write that meets an open transaction's change, or has taken its turn: to be gone on with later. What it has
 * written so far stays.
 */
export class Blocked {
  constructor(readonly until = Promise.resolve()) {}
}

/** The answer inside a transaction: with it drivers run the whole transaction again. */
export function writeConflict(): MongoError {
  return new MongoError(
    112,
    'WriteConflict error: this operation conflicted with another operation. Please retry your operation or multi-document transaction.',
  );
}
