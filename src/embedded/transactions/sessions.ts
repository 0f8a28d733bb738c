import { CommandRequest, ConnectionState, Reply } from '../commands/request';
import { MongoError } from '../language/errors';
import { sessionIdOf, TransactionFields, transactionFieldsOf } from './transaction-fields';
import { Transaction } from './transaction';

/** What a statement of a retryable write has done, for the case that its answer gets lost. */
export type StatementResult = unknown;

/**
 * What the latest transaction number of a session stands for. A number that is neither a transaction nor one that has
 * ended belongs to retryable writes.
 */
type Phase =
  | { kind: 'retryable'; results: Map<number, StatementResult> }
  | { kind: 'open'; transaction: Transaction }
  | { kind: 'committing'; transaction: Transaction; committed: Promise<void> }
  | { kind: 'committed' }
  | { kind: 'aborted' };

/** One client session: at any time it has one transaction number, and the highest one counts. */
export class Session {
  private number = -1;
  private phase: Phase = { kind: 'aborted' };
  private tail: Promise<unknown> | null = null;
  lastUsed = 0;
  /** The one that its latest statement came in on. */
  connection: ConnectionState | null = null;

  constructor(readonly id: string) {}

  get openTransaction(): Transaction | null {
    return this.phase.kind === 'open' ? this.phase.transaction : null;
  }

  /** Answers that are remembered. */
  get resultCount(): number {
    return this.phase.kind === 'retryable' ? this.phase.results.size : 0;
  }

  /** Whether it may be forgotten. */
  get idle(): boolean {
    return this.tail === null && this.phase.kind !== 'open' && this.phase.kind !== 'committing';
  }

  /** Runs the statements of a session one after the other, as MongoDB does: a retry waits for what it repeats. */
  run<T>(statement: () => Promise<T> | T): Promise<T> | T {
    this.lastUsed = Date.now();
    if (this.tail) return this.follow(this.tail.then(statement, statement));
    const result = statement();
    return result instanceof Promise ? this.follow(result) : result;
  }

  private follow<T>(running: Promise<T>): Promise<T> {
    const settled: Promise<void> = running.then(
      () => this.leave(settled),
      () => this.leave(settled),
    );
    this.tail = settled;
    return running;
  }

  private leave(settled: Promise<void>): void {
    if (this.tail === settled) this.tail = null;
    this.lastUsed = Date.now();
  }

  /** Aborts a transaction in which nothing has happened since `before`. */
  expire(before: number): void {
    if (this.tail === null && this.lastUsed < before) this.abortOpen();
  }

  /** @throws TransactionTooOld, ConflictingOperationInProgress */
  begin(number: number, start: () => Transaction): Transaction {
    this.assertNotOlder(number);
    if (number === this.number) {
      throw new MongoError(
        117,
        'Only servers in a sharded cluster can start a new transaction at the active transaction number',
      );
    }
    this.abortOpen();
    this.number = number;
    const transaction = start();
    this.phase = { kind: 'open', transaction };
    return transaction;
  }

  /**
   * The transaction that statement belongs to.
   * @throws TransactionTooOld, NoSuchTransaction, TransactionCommitted
   */
  continue(number: number): Transaction {
    this.assertCurrent(number);
    if (this.phase.kind === 'open') return this.phase.transaction;
    if (this.phase.kind === 'aborted' || this.phase.kind === 'retryable') throw aborted(number);
    throw new MongoError(256, `Transaction ${number} has been committed.`);
  }

  /** The answers of this retryable write so far; a higher number than before forgets those of the older one. */
  retryable(number: number): Map<number, StatementResult> {
    this.assertNotOlder(number);
    if (number > this.number) {
      this.abortOpen();
      this.number = number;
      this.phase = { kind: 'retryable', results: new Map() };
    }
    if (this.phase.kind === 'retryable') return this.phase.results;
    throw new MongoError(
      217,
      `Cannot retry a retryable write with transaction number ${number}, which a multi-document transaction has used`,
    );
  }

  /** Commits; doing it again is fine. */
  async commit(number: number): Promise<void> {
    this.assertCurrent(number);
    if (this.phase.kind === 'committed') return;
    if (this.phase.kind === 'committing') return this.phase.committed;
    const transaction = this.continue(number);
    const committed = transaction.commit();
    this.phase = { kind: 'committing', transaction, committed };
    try {
      await committed;
      this.phase = { kind: 'committed' };
    } catch (error) {
      this.phase = { kind: 'aborted' };
      throw error;
    }
  }

  abort(number: number): void {
    this.continue(number);
    this.abortOpen();
  }

  /** Aborts a transaction that is open; one that is committing already will end by itself. */
  abortOpen(): void {
    if (this.phase.kind !== 'open') return;
    this.phase.transaction.abort();
    this.phase = { kind: 'aborted' };
  }

  private assertNotOlder(number: number): void {
    if (number >= this.number) return;
    throw new MongoError(
      225,
      `Cannot start transaction ${number} on session ${this.id} because a newer transaction ${this.number} has already started.`,
    );
  }

  private assertCurrent(number: number): void {
    this.assertNotOlder(number);
    if (number === this.number) return;
    throw new MongoError(
      251,
      `Given transaction number ${number} does not match any in-progress transactions. The active transaction number is ${this.number}`,
    );
  }
}

function aborted(number: number): MongoError {
  return new MongoError(251, `Transaction ${number} has been aborted.`);
}

/** With these the driver runs the transaction again: LockTimeout, WriteConflict, SnapshotUnavailable, NoSuchTransaction. */
const transientCodes = new Set([24, 112, 246, 251]);

/** What is remembered for retries: beyond these numbers, or this time, the sessions longest unused are forgotten. */
const mostSessions = 10_000;
const mostResults = 1_000_000;
const rememberedFor = 30 * 60_000;

interface Participation extends TransactionFields {
  readonly session: Session;
  transaction: Transaction | null;
}

/** All client sessions, and which statement belongs to which transaction. */
export class Sessions {
  /** Least recently used first. */
  private readonly sessions = new Map<string, Session>();
  private readonly participations = new WeakMap<CommandRequest, Participation>();
  private readonly watched = new WeakSet<ConnectionState>();
  private readonly reaper: NodeJS.Timeout;

  constructor(
    private readonly startTransaction: () => Transaction,
    private readonly idleMilliseconds: number,
  ) {
    this.reaper = setInterval(() => this.reap(), Math.min(1000, idleMilliseconds / 4)).unref();
  }

  /** The transaction that a request is a statement of. */
  transactionOf(request: CommandRequest): Transaction | null {
    return this.participations.get(request)?.transaction ?? null;
  }

  /** What the statements of a retryable write have answered so far, by statement id; null for any other command. */
  resultsOf(request: CommandRequest): Map<number, StatementResult> | null {
    const participation = this.participations.get(request);
    return participation && !participation.transaction
      ? participation.session.retryable(participation.number)
      : null;
  }

  /** Runs a command within its session: begins, goes on with or aborts the transaction that it belongs to. */
  run(request: CommandRequest, command: () => Reply | Promise<Reply>): Reply | Promise<Reply> {
    const fields = transactionFieldsOf(request);
    if (!fields) return command();
    const { id, number, kind, starts } = fields;
    const session = this.sessionOf(id);
    const participation: Participation = { id, number, kind, starts, session, transaction: null };
    this.participations.set(request, participation);
    if (kind !== 'statement') return session.run(command);
    return session.run(() => this.runStatement(request, participation, command));
  }

  /** Resolves when the transaction is on disk. Committing again is answered in the same way. */
  async commit(request: CommandRequest): Promise<Reply> {
    const { session, number } = this.endedBy(request);
    try {
      await session.commit(number);
      return new Map();
    } catch (error) {
      throw labelled(error);
    }
  }

  abort(request: CommandRequest): Reply {
    const { session, number } = this.endedBy(request);
    try {
      session.abort(number);
      return new Map();
    } catch (error) {
      throw labelled(error);
    }
  }

  /**
   * Aborts the open transactions of the sessions that a command names: `{ killSessions: [{ id }] }`. Those that are being
   * committed go on; cursors here belong to no session.
   */
  kill({ name, body }: CommandRequest): Reply {
    const named = body.get(name);
    if (!Array.isArray(named)) throw new MongoError(14, `Field '${name}' must be an array of session ids`);
    const ids = named.map(sessionIdOf);
    if (ids.includes(null))
      throw new MongoError(40414, `Each session of '${name}' must have an 'id', a UUID`);
    for (const id of ids) this.sessions.get(id!)?.abortOpen();
    return new Map();
  }

  killAll(): Reply {
    for (const session of this.sessions.values()) session.abortOpen();
    return new Map();
  }

  /** Aborts the transaction of a request that answers with write errors. */
  abortAfterWriteErrors(request: CommandRequest): void {
    this.participations.get(request)?.session.abortOpen();
  }

  close(): void {
    clearInterval(this.reaper);
    this.killAll();
  }

  private async runStatement(
    request: CommandRequest,
    participation: Participation,
    command: () => Reply | Promise<Reply>,
  ): Promise<Reply> {
    const { session, number, starts } = participation;
    try {
      const transaction = starts ? session.begin(number, this.startTransaction) : session.continue(number);
      participation.transaction = transaction;
      this.abortWithConnection(session, request.connection);
      return await command();
    } catch (error) {
      // An error of begin or continue concerns this statement only, not a transaction that goes on.
      if (participation.transaction && participation.transaction === session.openTransaction)
        session.abortOpen();
      throw labelled(error);
    }
  }

  private endedBy(request: CommandRequest): Participation {
    const participation = this.participations.get(request);
    if (!participation) throw new MongoError(125, `${request.name} must be run within a transaction`);
    if (request.db !== 'admin') {
      throw new MongoError(13, `${request.name} may only be run against the admin database.`);
    }
    return participation;
  }

  private sessionOf(id: string): Session {
    const session = this.sessions.get(id) ?? new Session(id);
    this.sessions.delete(id);
    this.sessions.set(id, session);
    if (this.sessions.size > mostSessions) this.forgetUnused();
    return session;
  }

  private forgetUnused(): void {
    let results = [...this.sessions.values()].reduce((sum, session) => sum + session.resultCount, 0);
    const before = Date.now() - rememberedFor;
    for (const [id, session] of this.sessions) {
      if (this.sessions.size <= mostSessions && results <= mostResults && session.lastUsed >= before) return;
      if (!session.idle) continue;
      this.sessions.delete(id);
      results -= session.resultCount;
    }
  }

  /** A client that has gone cannot end its transaction; the connection of the latest statement speaks for it. */
  private abortWithConnection(session: Session, connection: ConnectionState): void {
    session.connection = connection;
    if (this.watched.has(connection)) return;
    this.watched.add(connection);
    connection.onClose(() => {
      for (const other of this.sessions.values()) if (other.connection === connection) other.abortOpen();
    });
  }

  private reap(): void {
    const before = Date.now() - this.idleMilliseconds;
    for (const session of this.sessions.values()) session.expire(before);
    this.forgetUnused();
  }
}

/** With the label, drivers run the whole transaction again. */
function labelled(error: unknown): unknown {
  if (!(error instanceof MongoError) || !transientCodes.has(error.code)) return error;
  return new MongoError(error.code, error.message, ['TransientTransactionError'], error.extra);
}
