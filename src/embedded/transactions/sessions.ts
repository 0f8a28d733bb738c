import { CommandRequest, Reply } from '../commands/request';
import { check, MongoError } from '../language/errors';
import { Session, StatementResults } from './session';
import { sessionIdOf, TransactionFields, transactionFieldsOf } from './transaction-fields';
import { Transaction } from './transaction';

/** With these the driver runs the transaction again: LockTimeout, WriteConflict, SnapshotUnavailable, NoSuchTransaction. */
const transientCodes = new Set([24, 112, 246, 251]);

/** What is remembered for retries: beyond these numbers, or this time, the sessions longest unused are forgotten. */
const mostSessions = 10_000;
const mostResults = 1_000_000;
const rememberedFor = 30 * 60_000;

interface Participation {
  readonly kind: TransactionFields['kind'];
  readonly number: number;
  readonly session: Session;
  transaction: Transaction | null;
}

/** All client sessions, and which statement belongs to which transaction. */
export class Sessions {
  /** Least recently used first. */
  private readonly sessions = new Map<string, Session>();
  private readonly participations = new WeakMap<CommandRequest, Participation>();
  private readonly reaper: NodeJS.Timeout;
  private leaving: NodeJS.Immediate | null = null;

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
  resultsOf(request: CommandRequest): StatementResults | null {
    const participation = this.participations.get(request);
    return participation?.kind === 'retryable'
      ? participation.session.retryable(participation.number, request.name)
      : null;
  }

  /** Runs a command within its session: begins, goes on with or aborts the transaction that it belongs to. */
  run(request: CommandRequest, command: () => Reply | Promise<Reply>): Reply | Promise<Reply> {
    const fields = transactionFieldsOf(request);
    if (!fields) return command();
    const { id, kind, number } = fields;
    const session = this.sessionOf(id);
    const participation: Participation = { kind, number, session, transaction: null };
    this.participations.set(request, participation);
    if (kind === 'retryable') return session.run(command);
    session.connection = request.connection;
    return session.run(() => this.runStatement(participation, command));
  }

  /** Commits or aborts; a commit is answered when it is on disk, and again in the same way. */
  async end(request: CommandRequest): Promise<Reply> {
    const participation = this.participations.get(request);
    if (!participation) throw new MongoError(125, `${request.name} must be run within a transaction`);
    check(request.db === 'admin', 13, `${request.name} may only be run against the admin database.`);
    const { session, number } = participation;
    if (request.name === 'commitTransaction') await session.commit(number);
    else session.abort(number);
    return new Map();
  }

  /**
   * Aborts the open transactions of the sessions that a command names: `{ killSessions: [{ id }] }`. Those that are being
   * committed go on; cursors here belong to no session.
   */
  kill({ name, body }: CommandRequest): Reply {
    const named = body.get(name);
    check(Array.isArray(named), 14, `Field '${name}' must be an array of session ids`);
    for (const id of named.map(sessionIdOf)) {
      check(id !== null, 40414, `Each session of '${name}' must have an 'id', a UUID`);
      this.sessions.get(id)?.abortOpen();
    }
    return new Map();
  }

  /** Aborts the transactions of clients that have gone; those that go at the same time, together. */
  clientGone(): void {
    this.leaving ??= setImmediate(() => {
      this.leaving = null;
      this.reap();
    });
  }

  close(): void {
    clearInterval(this.reaper);
    for (const session of this.sessions.values()) session.abortOpen();
  }

  private async runStatement(
    participation: Participation,
    command: () => Reply | Promise<Reply>,
  ): Promise<Reply> {
    const { session, number, kind } = participation;
    try {
      if (kind === 'begin') participation.transaction = session.begin(number, this.startTransaction);
      if (kind === 'continue') participation.transaction = session.continue(number);
      const reply = await command();
      if (reply.has('writeErrors')) session.abortOpen();
      return reply;
    } catch (error) {
      // An error of begin or continue concerns this statement only, not a transaction that goes on.
      const { transaction } = participation;
      if (transaction && transaction === session.openTransaction) session.abortOpen();
      if (!(error instanceof MongoError) || !transientCodes.has(error.code)) throw error;
      throw new MongoError(error.code, error.message, ['TransientTransactionError'], error.extra);
    }
  }

  private sessionOf(id: string): Session {
    const session = this.sessions.get(id) ?? new Session();
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
      if (!session.isIdle) continue;
      this.sessions.delete(id);
      results -= session.resultCount;
    }
  }

  private reap(): void {
    const before = Date.now() - this.idleMilliseconds;
    for (const session of this.sessions.values()) session.expire(before);
    this.forgetUnused();
  }
}
