import { MongoError } from '../language/errors';
import { Catalog, commitKey, StoredCollection } from '../storage/catalog';
import { claimOf, claimOfCollection, GroupCommit, LONGEST_TURN, WriteGroup } from '../storage/group-commit';
import { Ids } from '../storage/ids';
import { Snapshot, Table } from '../storage/lmdb';
import { noTotals, sumOf, Totals } from '../storage/totals';
import { Blocked, writeConflict, WriteScope } from '../storage/write-scope';
import { OpenTransactions } from './open-transactions';
import { TransactionOverlay } from './overlay';

/** What a transaction needs of the storage. */
export interface TransactionHost {
  readonly groups: GroupCommit;
  readonly open: OpenTransactions;
  snapshot(): Snapshot;
}

/**
 * A multi-statement transaction: reads a snapshot with its own writes over it, and claims what it changes, so that the
 * first writer wins. Nothing of it is visible, or on disk, before `commit`.
 */
export class Transaction implements WriteScope {
  readonly reader: TransactionOverlay;
  readonly writer: TransactionOverlay;
  readonly ids: Ids;
  catalog: Catalog;
  /** Resolves when it has committed or aborted, and nothing waits for it any more. */
  readonly ended: Promise<void>;
  /** Its writes are part of the group in flight: later writes of that group build on them. */
  applied = false;
  private readonly snapshot: Snapshot;
  private readonly number: number;
  private readonly claims = new Set<string>();
  private readonly used = new Set<string>();
  private readonly added = new Map<number, Totals>();
  private turnEnds = 0;
  private tellEnded!: () => void;

  constructor(private readonly host: TransactionHost) {
    this.snapshot = host.snapshot();
    this.number = this.snapshot.get('catalog', commitKey)?.readDoubleBE() ?? 0;
    this.catalog = host.groups.catalog;
    this.ids = host.groups.ids;
    const overlay = new TransactionOverlay(
      this.snapshot,
      () => new MongoError(251, 'The transaction has ended.'),
    );
    this.reader = overlay;
    this.writer = overlay;
    this.ended = new Promise((resolve) => (this.tellEnded = resolve));
    host.open.add(this);
  }

  /**
   * Says that a statement reads or writes a collection: from now on its indexes stay as they are until the end.
   * @throws MongoError SnapshotUnavailable when it has been created, dropped or changed since the snapshot
   */
  use(ns: string): StoredCollection | null {
    if (this.used.has(ns)) return this.catalog.find(ns);
    if (this.host.groups.nextCatalog.find(ns) !== this.catalog.find(ns)) {
      throw new MongoError(
        246,
        'Unable to read from a snapshot due to pending collection catalog changes; please retry the operation.',
      );
    }
    this.used.add(ns);
    return this.catalog.find(ns);
  }

  uses(ns: string): boolean {
    return this.used.has(ns);
  }

  /** Whether the collection is this transaction's own, and exists for nobody else. */
  hasCreated(ns: string): boolean {
    return this.claims.has(claimOfCollection(ns));
  }

  claim(table: Table, key: Buffer): void {
    const claim = claimOf(table, key);
    if (this.claims.has(claim)) return;
    if (this.host.groups.changesAfter(this.number, claim) || this.changedSince(table, key))
      throw writeConflict();
    this.hold(claim);
  }

  claimCollection(ns: string): void {
    this.use(ns);
    this.hold(claimOfCollection(ns));
  }

  /** The next statement's turn begins, or goes on. */
  beginTurn(): void {
    this.turnEnds = performance.now() + LONGEST_TURN;
  }

  pause(meanwhile?: () => Promise<void>): void {
    if (performance.now() > this.turnEnds) throw new Blocked(meanwhile?.());
  }

  count(collectionId: number, change: Totals): void {
    this.added.set(collectionId, sumOf(this.addedTotals(collectionId), change));
  }

  addedTotals(collectionId: number): Totals {
    return this.added.get(collectionId) ?? noTotals;
  }

  release(): void {
    // Statements come and go; the snapshot stays until the end.
  }

  /**
   * Brings the writes to disk, all or nothing, and ends the transaction either way.
   * @throws MongoError OutOfDiskSpace
   */
  async commit(): Promise<void> {
    try {
      if (!this.writer.isEmpty) await this.host.groups.submit((group) => this.applyTo(group));
    } finally {
      this.end();
    }
  }

  /** Gives up the writes and lets go of everything. */
  abort(): void {
    this.end();
  }

  private applyTo(group: WriteGroup): void {
    for (const ns of this.used) {
      const collection = this.catalog.find(ns);
      if (collection && group.catalog.find(ns) !== collection) group.catalog = group.catalog.with(collection);
    }
    for (const claim of this.claims) group.touch(claim);
    for (const [collectionId, added] of this.added) group.count(collectionId, added);
    this.writer.applyTo(group.writer);
    this.applied = true;
  }

  private hold(claim: string): void {
    this.open.hold(claim, this);
    this.claims.add(claim);
  }

  private get open(): OpenTransactions {
    return this.host.open;
  }

  private changedSince(table: Table, key: Buffer): boolean {
    if (this.host.groups.number <= this.number) return false;
    const latest = this.host.snapshot();
    try {
      const [before, now] = [this.snapshot.get(table, key), latest.get(table, key)];
      return before === undefined || now === undefined ? before !== now : !before.equals(now);
    } finally {
      latest.release();
    }
  }

  private end(): void {
    this.writer.end();
    this.snapshot.release();
    this.open.remove(this, this.claims);
    this.tellEnded();
  }
}
