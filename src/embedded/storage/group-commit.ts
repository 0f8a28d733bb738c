import { setImmediate } from 'node:timers/promises';
import { MongoError } from '../language/errors';
import { Catalog, catalogKey, Ids, StoredCollection } from './catalog';
import { ReadScope } from './view';
import { noTotals, readTotals, storedTotals, sumOf, Totals } from './keys';
import { Reader, Table, Writer } from './lmdb';
import { Store } from './store';

/** How long statements may keep the thread without a pause, those of one group together, in milliseconds. */
const longestTurn = 25;

/** What a write goes through: the group being committed, or a transaction's own overlay. */
export abstract class WriteScope implements ReadScope {
  /** Reads its own writes. */
  abstract readonly writer: Writer;
  readonly ids: Ids;
  /** A change of the catalog puts a new one here. */
  catalog: Catalog;
  protected readonly added = new Map<number, Totals>();
  private turnEnds = 0;

  constructor(protected readonly groups: GroupCommit) {
    this.ids = groups.ids;
    this.catalog = groups.catalog;
  }

  get reader(): Reader {
    return this.writer;
  }

  /** A collection that is about to be read or written. */
  use(ns: string): StoredCollection | undefined {
    return this.catalog.get(ns);
  }

  /**
   * Says that this write is about to change a document, or take or free a unique key.
   * @throws MongoError WriteConflict inside a transaction; Blocked outside of one
   */
  abstract claim(table: Table, key: Buffer): void;

  /** As `claim`, for the collection as a whole: its existence and its indexes. */
  abstract claimCollection(ns: string): void;

  /** A turn on the thread begins, or goes on. */
  beginTurn(): void {
    this.turnEnds = performance.now() + longestTurn;
  }

  /**
   * Called between two changes of a statement that has many: lets others have their turn.
   * @param meanwhile what is to be done before the statement goes on
   * @throws Blocked when it has taken long
   */
  pause(meanwhile?: () => Promise<void>): void {
    if (performance.now() > this.turnEnds) throw new Blocked(meanwhile?.());
  }

  /** Counts documents, and their bytes, that come or go. */
  count(collectionId: number, change: Totals): void {
    this.added.set(collectionId, sumOf(this.added.get(collectionId) ?? noTotals, change));
  }

  release(): void {
    // Statements come and go; what they share stays until the end.
  }
}

/**
 * Thrown by a write that meets an open transaction's change, or has taken its turn: to be gone on with later. What it has
 * written so far stays.
 */
export class Blocked {
  constructor(readonly until = Promise.resolve()) {}
}

/** A transaction that has neither committed nor aborted. */
export interface OpenTransaction {
  uses(ns: string): boolean;
  /**
   * Later writes of the group in flight build on what is part of it, instead of waiting.
   * @throws Blocked until the end, unless its writes are part of that group
   */
  assertApplied(): void;
}

/** Tells the client of a statement what has come of it; null where it goes on later. */
type Outcome = (() => void) | null;

interface Statement {
  readonly run: (group: WriteGroup) => unknown;
  readonly deadline: number;
  /** Whether it may write more than fits into memory. */
  readonly isBulk: boolean;
  readonly answer: (result: unknown) => void;
  readonly refuse: (error: unknown) => void;
  /** Set when a commit that held part of it failed, while it waited to go on. */
  isLost?: boolean;
}

/** The name under which a document or a unique key is claimed. */
export function claimOf(table: Table, key: Buffer): string {
  return table[0] + key.toString('latin1');
}

/** The name under which a collection is claimed; no table begins with an n. */
export function claimOfCollection(ns: string): string {
  return `n${ns}`;
}

/** The statements that commit, and reach the disk, together. They see each other's writes. */
export class WriteGroup extends WriteScope {
  /** The number of the commit that it will be. */
  readonly number = this.groups.store.commit + 1;
  /** What this group has changed. */
  readonly touched = new Set<string>();

  constructor(
    groups: GroupCommit,
    readonly writer: Writer,
  ) {
    super(groups);
    this.beginTurn();
  }

  claim(table: Table, key: Buffer): void {
    const claim = claimOf(table, key);
    this.groups.holders.get(claim)?.assertApplied();
    this.touched.add(claim);
  }

  claimCollection(ns: string): void {
    // Who holds a collection uses it.
    for (const each of this.groups.transactions) if (each.uses(ns)) each.assertApplied();
    this.touched.add(claimOfCollection(ns));
  }

  /** Writes what is kept once for the whole group. */
  finish(): void {
    for (const [collectionId, added] of this.added) {
      const key = catalogKey('totals', collectionId);
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
  /** Those that are open, and which of them has changed what. */
  readonly transactions = new Set<OpenTransaction>();
  readonly holders = new Map<string, OpenTransaction>();
  private gathering: Statement[] = [];
  private inFlight: WriteGroup | null = null;
  private running: Promise<void> | null = null;

  constructor(
    readonly store: Store,
    /** As of the latest commit. */
    public catalog: Catalog,
    readonly ids: Ids,
  ) {}

  /** What was committed last; the caller releases it. */
  latest(): ReadScope {
    const snapshot = this.store.snapshot();
    return { reader: snapshot.reader, catalog: this.catalog, release: () => snapshot.release() };
  }

  /** The catalog as it will be when the group in flight has committed. */
  get nextCatalog(): Catalog {
    return this.inFlight?.catalog ?? this.catalog;
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
    return new Promise((answer, refuse) =>
      this.enqueue({ run, deadline, isBulk, answer: answer as Statement['answer'], refuse }),
    );
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
      const group = (this.inFlight = new WriteGroup(this, writer));
      outcomes = statements.map((statement) => this.outcomeOf(statement, group));
      group.finish();
    };
    try {
      const isBulk = statements.some((statement) => statement.isBulk);
      await (isBulk ? this.store.writeThrough(body) : this.store.write(body));
      this.catalog = this.nextCatalog;
    } catch (error) {
      // The disk has no room, or has failed: nothing of the group was written, and the next one may succeed.
      const message = `the write could not be brought to disk: ${(error as Error).message}`;
      outcomes = statements.map((statement) => () => {
        statement.isLost = true;
        statement.refuse(new MongoError(14031, message));
      });
    } finally {
      this.inFlight = null;
    }
    for (const outcome of outcomes) outcome?.();
  }

  /** Runs a statement; what its client is told waits for the disk, also a failure that others' writes have led to. */
  private outcomeOf(statement: Statement, group: WriteGroup): Outcome {
    if (statement.isLost) return null;
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
