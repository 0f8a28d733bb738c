import { setImmediate } from 'node:timers/promises';
import { MongoError } from '../language/errors';
import { Catalog, Ids, StoredCollection, totalsKey } from './catalog';
import { ReadScope } from './view';
import { noTotals, readTotals, storedTotals, sumOf, Totals } from './keys';
import { Table, Writer } from './lmdb';
import { Store } from './store';

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
  return new MongoError(112, 'This operation conflicted with another one. Please retry the transaction.');
}

/** Who may object to a write: the open transactions, which hold what they have changed. */
export interface Claims {
  /** @throws Blocked when an open transaction has changed it */
  assertFree(claim: string): void;
  /** @throws Blocked when an open transaction uses the collection */
  assertUnused(ns: string): void;
}

interface Statement {
  readonly run: (group: WriteGroup) => unknown;
  readonly deadline: number;
  /** Whether it may write more than fits into memory. */
  readonly isBulk: boolean;
  readonly answer: (result: unknown) => void;
  readonly refuse: (error: unknown) => void;
  /** Set when a commit that held part of it failed, while it waited to go on. */
  lost?: unknown;
}

type Outcome = (() => void) | null;

/** The name under which a document or a unique key is claimed. */
export function claimOf(table: Table, key: Buffer): string {
  return table[0] + key.toString('latin1');
}

/** The name under which a collection is claimed; no table begins with an n. */
export function claimOfCollection(ns: string): string {
  return `n${ns}`;
}

/** How long statements may keep the thread without a pause, those of one group together, in milliseconds. */
export const LONGEST_TURN = 25;

/** What groups and transactions have alike: a turn on the thread, and totals that are stored at the end. */
export abstract class CountingScope {
  protected readonly added = new Map<number, Totals>();
  private turnEnds = 0;

  /** A turn begins, or goes on. */
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
    // Statements come and go; what they share stays until the end.
  }
}

/** The statements that commit, and reach the disk, together. They see each other's writes. */
export class WriteGroup extends CountingScope implements WriteScope {
  readonly reader: Writer;
  /** What this group has changed. */
  readonly touched = new Set<string>();

  constructor(
    readonly number: number,
    public catalog: Catalog,
    readonly ids: Ids,
    readonly writer: Writer,
    private readonly claims: Claims,
  ) {
    super();
    this.reader = writer;
    this.beginTurn();
  }

  use(ns: string): StoredCollection | null {
    return this.catalog.find(ns);
  }

  claim(table: Table, key: Buffer): void {
    const claim = claimOf(table, key);
    this.claims.assertFree(claim);
    this.touched.add(claim);
  }

  claimCollection(ns: string): void {
    this.claims.assertUnused(ns);
    this.claims.assertFree(claimOfCollection(ns));
    this.touched.add(claimOfCollection(ns));
  }

  /** Writes what is kept once for the whole group. */
  finish(): void {
    for (const [collectionId, added] of this.added) {
      const key = totalsKey(collectionId);
      const totals = sumOf(readTotals(this.writer.get('catalog', key)), added);
      this.writer.put('catalog', key, storedTotals(totals));
    }
  }
}

/**
 * The only way to write. While one group is on its way to the disk, the next one gathers; each statement is answered
 * when its group is on disk.
 */
export class GroupCommit {
  private gathering: Statement[] = [];
  private inFlight: WriteGroup | null = null;
  private running: Promise<void> | null = null;

  constructor(
    readonly store: Store,
    private catalogOnDisk: Catalog,
    readonly ids: Ids,
    private readonly claims: Claims,
  ) {}

  /** The catalog as of the latest commit. */
  get catalog(): Catalog {
    return this.catalogOnDisk;
  }

  /** What was committed last; the caller releases it. */
  latest(): ReadScope {
    const snapshot = this.store.snapshot();
    const release = () => snapshot.release();
    return { reader: snapshot, catalog: this.catalog, addedTotals: () => noTotals, release };
  }

  /** The catalog as it will be when the group in flight has committed. */
  get nextCatalog(): Catalog {
    return this.inFlight?.catalog ?? this.catalogOnDisk;
  }

  /** The number of the latest commit. */
  get number(): number {
    return this.store.commit;
  }

  /** Whether the group in flight changes this, and is not part of what a snapshot of commit `number` shows. */
  changesAfter(number: number, claim: string): boolean {
    return this.inFlight !== null && this.inFlight.number > number && this.inFlight.touched.has(claim);
  }

  /**
   * Runs `run` within the next group; resolves with what it returned when that is on disk. It may run more than once:
   * when it throws Blocked, what it has written so far stays, and it is called again later.
   * @param deadline when to give up waiting for others' transactions, in milliseconds of Date.now()
   * @param isBulk whether it may write more than fits into memory
   * @throws what `run` threw; MaxTimeMSExpired; OutOfDiskSpace
   */
  submit<T>(run: (group: WriteGroup) => T, deadline = Infinity, isBulk = false): Promise<T> {
    return new Promise<unknown>((answer, refuse) =>
      this.enqueue({ run, deadline, isBulk, answer, refuse }),
    ) as Promise<T>;
  }

  /** Resolves when nothing is on its way any more. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private enqueue(statement: Statement): void {
    this.gathering.push(statement);
    this.running ??= this.commitAll();
  }

  private async commitAll(): Promise<void> {
    while (this.gathering.length > 0) await this.commitGroup();
    this.running = null;
  }

  private async commitGroup(): Promise<void> {
    // Those that came in together share a commit: the first one waits until the others have been read.
    await setImmediate();
    const statements = this.gathering;
    this.gathering = [];
    let outcomes: Outcome[] = [];
    const body = (writer: Writer) => {
      const group = new WriteGroup(this.number + 1, this.catalogOnDisk, this.ids, writer, this.claims);
      this.inFlight = group;
      outcomes = statements.map((statement) => this.outcomeOf(statement, group));
      group.finish();
    };
    try {
      const isBulk = statements.some((statement) => statement.isBulk);
      await (isBulk ? this.store.writeThrough(body) : this.store.write(body));
      if (this.inFlight) this.catalogOnDisk = this.nextCatalog;
    } catch (error) {
      outcomes = statements.map((statement) => () => {
        statement.lost = diskError(error);
        statement.refuse(statement.lost);
      });
    } finally {
      this.inFlight = null;
    }
    for (const outcome of outcomes) outcome?.();
  }

  /** Runs a statement; what its client is told waits for the disk, also a failure that others' writes have led to. */
  private outcomeOf(statement: Statement, group: WriteGroup): Outcome {
    if (statement.lost) return null;
    try {
      const result = statement.run(group);
      return () => statement.answer(result);
    } catch (error) {
      if (!(error instanceof Blocked)) return () => statement.refuse(error);
      void this.waitAndTryAgain(statement, error.until);
      return null;
    }
  }

  private async waitAndTryAgain(statement: Statement, until: Promise<void>): Promise<void> {
    try {
      if (await endsBefore(until, statement.deadline)) this.enqueue(statement);
      else statement.refuse(new MongoError(50, 'operation exceeded time limit'));
    } catch (error) {
      statement.refuse(error);
    }
  }
}

/** Whether it is fulfilled in time. */
function endsBefore(promise: Promise<void>, deadline: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const left = deadline - Date.now();
    if (left < 0) resolve(false);
    const timer = left === Infinity ? undefined : setTimeout(resolve, Math.max(0, left), false);
    promise.then(() => resolve(true), reject).finally(() => clearTimeout(timer));
  });
}

/** The disk has no room, or has failed: nothing of the group was written, and the next one may succeed. */
function diskError(error: unknown): MongoError {
  return new MongoError(14031, `the write could not be brought to disk: ${(error as Error).message}`);
}
