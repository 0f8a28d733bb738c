import { MongoError } from '../language/errors';
import { Catalog, commitKey, Ids, StoredCollection } from '../storage/catalog';
import {
  Blocked,
  claimOf,
  claimOfCollection,
  Claims,
  GroupCommit,
  LONGEST_TURN,
  writeConflict,
  WriteGroup,
  WriteScope,
} from '../storage/group-commit';
import { noTotals, sumOf, Totals } from '../storage/keys';
import { Entry, Reader, Snapshot, Table } from '../storage/lmdb';
import { Overlay } from '../storage/recent-writes';

/** What one transaction may write, because it is kept in memory until it commits. */
const mostBytes = 256 * 2 ** 20;

/** A snapshot with uncommitted writes over it. */
export class TransactionOverlay extends Overlay {
  private readonly walks = new Set<IterableIterator<Entry>>();
  private ended = false;

  /** @param error what a read is told after the end */
  constructor(
    base: Reader,
    private readonly error: () => Error,
  ) {
    super(base);
  }

  override get(table: Table, key: Uint8Array): Buffer | undefined {
    this.assertOpen();
    return super.get(table, key);
  }

  /** @throws MongoError TransactionTooLarge */
  override put(table: Table, key: Buffer, value: Buffer): void {
    if (this.bytes + key.length + value.length > mostBytes) {
      throw new MongoError(
        257,
        `Total size of all transaction operations must be less than ${mostBytes} bytes.`,
      );
    }
    super.put(table, key, value);
  }

  override *range(
    table: Table,
    lower: Uint8Array,
    upper: Uint8Array,
    reverse = false,
    keysOnly = false,
  ): IterableIterator<Entry> {
    this.assertOpen();
    const walk = super.range(table, lower, upper, reverse, keysOnly);
    this.walks.add(walk);
    try {
      for (const entry of walk) {
        yield entry;
        this.assertOpen();
      }
    } finally {
      walk.return?.();
      this.walks.delete(walk);
    }
  }

  /** Lets go of the snapshot's cursors; a walk that a client's cursor still holds fails at its next step. */
  end(): void {
    this.ended = true;
    for (const walk of this.walks) walk.return?.();
  }

  private assertOpen(): void {
    if (this.ended) throw this.error();
  }
}

/** What others need to know of an open transaction. */
interface OpenTransaction {
  /** Its writes are part of the group in flight: later writes build on them instead of waiting. */
  readonly applied: boolean;
  readonly ended: Promise<void>;
  uses(ns: string): boolean;
}

/** The transactions that have neither committed nor aborted, and what each of them has changed. */
export class OpenTransactions implements Claims {
  private readonly transactions = new Set<OpenTransaction>();
  private readonly holders = new Map<string, OpenTransaction>();

  add(transaction: OpenTransaction): void {
    this.transactions.add(transaction);
  }

  /** @throws MongoError WriteConflict when another one holds it */
  hold(claim: string, transaction: OpenTransaction): void {
    const holder = this.holders.get(claim);
    if (holder && holder !== transaction) throw writeConflict();
    this.holders.set(claim, transaction);
  }

  remove(transaction: OpenTransaction, claims: ReadonlySet<string>): void {
    this.transactions.delete(transaction);
    for (const claim of claims) this.holders.delete(claim);
  }

  assertFree(claim: string): void {
    const holder = this.holders.get(claim);
    if (holder && !holder.applied) throw new Blocked(holder.ended);
  }

  assertUnused(ns: string): void {
    for (const transaction of this.transactions) {
      if (transaction.uses(ns) && !transaction.applied) throw new Blocked(transaction.ended);
    }
  }
}

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
