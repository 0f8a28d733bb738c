import { check } from '../language/errors';
import { StoredCollection } from '../storage/catalog';
import {
  Blocked,
  claimOf,
  claimOfCollection,
  GroupCommit,
  OpenTransaction,
  WriteGroup,
  WriteScope,
} from '../storage/group-commit';
import { Table, writeChanges } from '../storage/lmdb';
import { Overlay } from '../storage/recent-writes';

/** What one transaction may write, because it is kept in memory until it commits. */
const mostBytes = 256 * 2 ** 20;

/**
 * A multi-statement transaction: reads a snapshot with its own writes over it, and claims what it changes, so that the
 * first writer wins. Nothing of it is visible, or on disk, before `commit`.
 */
export class Transaction extends WriteScope implements OpenTransaction {
  private readonly snapshot = this.groups.store.snapshot();
  /** The number of the commit that its snapshot shows. */
  private readonly number = this.groups.store.commit;
  readonly writer = new Overlay(this.snapshot.reader);
  private readonly claims = new Set<string>();
  private readonly used = new Set<string>();
  private isOpen = true;
  private isApplied = false;
  /** Resolves when it has committed or aborted, and nothing waits for it any more. */
  private readonly ended: Promise<void>;
  private tellEnded!: () => void;

  constructor(groups: GroupCommit) {
    super(groups);
    this.ended = new Promise((resolve) => (this.tellEnded = resolve));
    groups.transactions.add(this);
  }

  /** @throws MongoError NoSuchTransaction for a statement, or a cursor, that goes on after the end */
  override get reader(): Overlay {
    check(this.isOpen, 251, 'The transaction has ended.');
    return this.writer;
  }

  /**
   * Says that a statement reads or writes a collection: from now on it and its indexes stay as they are until the end.
   * @throws MongoError SnapshotUnavailable when it has been created, dropped or changed since the snapshot
   */
  override use(ns: string): StoredCollection | undefined {
    const collection = this.catalog.get(ns);
    if (this.used.has(ns)) return collection;
    const isSame = this.groups.nextCatalog.get(ns) === collection;
    check(isSame, 246, 'The collection has changed since the snapshot of the transaction; please retry.');
    this.used.add(ns);
    return collection;
  }

  uses(ns: string): boolean {
    return this.used.has(ns);
  }

  assertApplied(): void {
    if (!this.isApplied) throw new Blocked(this.ended);
  }

  /** @throws MongoError WriteConflict, TransactionTooLarge */
  claim(table: Table, key: Buffer): void {
    check(this.reader.bytes <= mostBytes, 257, 'A transaction may write 256 MiB at most.');
    const claim = claimOf(table, key);
    if (this.claims.has(claim)) return;
    this.hold(claim, this.groups.changesAfter(this.number, claim) || this.changedSince(table, key));
  }

  claimCollection(ns: string): void {
    this.use(ns);
    this.hold(claimOfCollection(ns), false);
  }

  /**
   * Brings the writes to disk, all or nothing, and ends the transaction either way.
   * @throws MongoError OutOfDiskSpace
   */
  async commit(): Promise<void> {
    try {
      if (this.writer.bytes > 0) await this.groups.submit((group) => this.applyTo(group));
    } finally {
      this.abort();
    }
  }

  /** Lets go of everything, and gives up what is not committed. */
  abort(): void {
    this.isOpen = false;
    this.snapshot.release();
    this.groups.transactions.delete(this);
    for (const claim of this.claims) this.groups.holders.delete(claim);
    this.tellEnded();
  }

  private applyTo(group: WriteGroup): void {
    for (const ns of this.used) {
      const collection = this.catalog.get(ns);
      if (collection && group.catalog.get(ns) !== collection)
        group.catalog = new Map(group.catalog).set(ns, collection);
    }
    for (const claim of this.claims) group.touched.add(claim);
    for (const [collectionId, added] of this.added) group.count(collectionId, added);
    writeChanges(group.writer, this.writer.all());
    this.isApplied = true;
  }

  /** @throws MongoError WriteConflict, with which drivers run the whole transaction again */
  private hold(claim: string, isChanged: boolean): void {
    const holder = this.groups.holders.get(claim) ?? this;
    check(holder === this && !isChanged, 112, 'This operation conflicted with another one. Please retry.');
    this.groups.holders.set(claim, this);
    this.claims.add(claim);
  }

  private changedSince(table: Table, key: Buffer): boolean {
    if (this.groups.store.commit <= this.number) return false;
    const latest = this.groups.store.snapshot();
    const [before, now] = [this.snapshot, latest].map(({ reader }) => reader.get(table, key));
    const isChanged = before && now ? !before.equals(now) : before !== now;
    latest.release();
    return isChanged;
  }
}
