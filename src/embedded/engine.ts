import { setImmediate } from 'node:timers/promises';
import { CommandRequest } from './commands/request';
import { timeLimitOf } from './commands/options';
import { OpenCursors } from './cursors/cursors';
import { checkFormat, Ids, readCatalog, readGarbage } from './storage/catalog';
import { GarbageCollector } from './storage/catalog-changes';
import { Blocked, GroupCommit, WriteScope } from './storage/group-commit';
import { Environment } from './storage/lmdb';
import { Store } from './storage/store';
import { CollectionView, ReadScope } from './storage/view';
import { Transaction } from './transactions/transaction';
import { Sessions } from './transactions/sessions';

/** Tells the operator what a client cannot be told. */
export type EngineLog = (message: string, error: unknown) => void;

export interface EngineOptions {
  /** The data folder. */
  readonly path: string;
  readonly log: EngineLog;
  /** How long a transaction may lie idle before it is aborted; 60,000 by default. */
  readonly transactionIdleMilliseconds?: number;
}

const MINUTE = 60_000;
/** How often cursors are looked at, and what old snapshots may keep in memory before those used least lately are closed. */
const LOOK_AT_CURSORS_MS = 5000;
const MOST_KEPT_BYTES = 128 * 2 ** 20;

/** One open data folder. */
export class Engine {
  /** The cursors that clients may ask for more. */
  readonly cursors = new OpenCursors();
  /** Which request belongs to which transaction, and what retries are answered with. */
  readonly sessions: Sessions;
  private readonly groups: GroupCommit;
  private readonly garbage: GarbageCollector;
  private readonly cursorTimer = setInterval(() => this.lookAtCursors(), LOOK_AT_CURSORS_MS).unref();

  constructor(
    private readonly store: Store,
    { log, transactionIdleMilliseconds = MINUTE }: EngineOptions,
  ) {
    const snapshot = store.snapshot();
    const catalog = readCatalog(snapshot.reader);
    const dropped = readGarbage(snapshot.reader);
    snapshot.release();
    this.groups = new GroupCommit(store, catalog, new Ids(catalog, dropped));
    this.sessions = new Sessions(() => new Transaction(this.groups), transactionIdleMilliseconds);
    const told = 'what was dropped could not be removed from disk; it will be tried again';
    this.garbage = new GarbageCollector(this.groups, (error) => log(told, error));
    if (dropped.length > 0) this.garbage.wake();
  }

  /**
   * What `request` reads a collection through: its transaction's view, or else the latest commit. Null where there is no
   * such collection. The caller releases it.
   * @throws MongoError NoSuchTransaction, SnapshotUnavailable
   */
  read(request: CommandRequest, ns: string): CollectionView | null {
    request.transaction?.use(ns);
    const scope = request.transaction ?? this.groups.latest();
    const collection = scope.catalog.get(ns);
    if (collection) return new CollectionView(collection, scope);
    scope.release();
    return null;
  }

  /** As `read`, for what is asked of the catalog itself and answered at once. */
  readCatalog<T>(request: CommandRequest, read: (scope: ReadScope) => T): T {
    const scope = request.transaction ?? this.groups.latest();
    try {
      return read(scope);
    } finally {
      scope.release();
    }
  }

  /**
   * Runs a write within the transaction of `request`, or else in the next group that commits, and resolves when it is on
   * disk. It may run more than once: when it throws Blocked, what it has written so far stays, and it is called again.
   * @param isBulk whether it may write more than fits into memory
   */
  async write<T>(request: CommandRequest, run: (scope: WriteScope) => T, isBulk = false): Promise<T> {
    const { transaction, body } = request;
    if (!transaction) return this.groups.submit(run, Date.now() + timeLimitOf(body), isBulk);
    for (;;) {
      try {
        transaction.beginTurn();
        return run(transaction);
      } catch (error) {
        if (!(error instanceof Blocked)) throw error;
        await error.until;
        await setImmediate();
      }
    }
  }

  /** As `write`, for what drops something. */
  async change<T>(request: CommandRequest, run: (scope: WriteScope) => T): Promise<T> {
    const result = await this.write(request, run);
    this.garbage.wake();
    return result;
  }

  /** Aborts what is open, brings to disk what was answered or is being written, and closes. */
  async close(): Promise<void> {
    this.sessions.close();
    clearInterval(this.cursorTimer);
    this.cursors.closeIdle(Infinity);
    await this.garbage.stop();
    await this.groups.idle();
    await this.store.close();
  }

  private lookAtCursors(): void {
    this.cursors.closeIdle();
    while (this.store.keptBytes > MOST_KEPT_BYTES && this.cursors.size > 0) this.cursors.closeIdle(1);
  }
}

/**
 * Opens a data folder, or begins one. Takes as long with a million documents as with none.
 * @throws Error for a folder that a newer version has written
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const environment = new Environment(options.path);
  try {
    await environment.write(checkFormat);
    const told = 'recent writes stay in the journal: they could not be brought into the tables yet';
    const onFailure = (error: unknown) => options.log(told, error);
    return new Engine(await Store.open(environment, options.path, { onFailure }), options);
  } catch (error) {
    await environment.close();
    throw error;
  }
}
