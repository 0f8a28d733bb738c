import { Binary } from 'bson';
import { CommandRequest, ConnectionState, Reply, StatementResults } from '../commands/request';
import { Value, isDocument, isNumber } from '../language/bson-value';
import { check, MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';
import { Transaction } from './transaction';

/** What is remembered for retries: beyond these numbers, or this time, the sessions longest unused are forgotten. */
const mostSessions = 10_000;
const mostResults = 1_000_000;
const rememberedFor = 30 * 60_000;

/** All client sessions, and which statement belongs to which transaction. */
export class Sessions {
  /** Least recently used first. */
  private readonly sessions = new Map<string, Session>();
  private readonly reaper: NodeJS.Timeout;
  private leaving: NodeJS.Immediate | null = null;

  constructor(
    private readonly startTransaction: () => Transaction,
    private readonly idleMilliseconds: number,
  ) {
    this.reaper = setInterval(() => this.reap(), Math.min(1000, idleMilliseconds / 4)).unref();
  }

  /**
   * Runs a command within its session: begins, goes on with, commits or aborts the transaction that it belongs to. A
   * commit is answered when it is on disk, and again in the same way.
   * @throws MongoError for fields that do not go together; those of Session; what the command throws
   */
  async run(request: CommandRequest, command: () => Promise<Reply>): Promise<Reply> {
    const part = partInSession(request);
    if (!part) return command();
    const { id, number, kind } = part;
    const session = this.sessionOf(id);
    if (kind !== 'retryable') session.connection = request.connection;
    return session.run(async () => {
      if (kind === 'commitTransaction') {
        await session.commit(number);
      } else if (kind === 'abortTransaction') {
        session.continue(number);
        session.abortOpen();
      } else if (kind === 'retryable') {
        request.results = session.retryable(number, request.name);
      } else {
        const start = this.startTransaction;
        request.transaction = kind === 'begin' ? session.begin(number, start) : session.continue(number);
        return runStatement(session, command);
      }
      return command();
    });
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

/** What the latest transaction number of a session stands for. */
type Phase =
  | { kind: 'retryable'; command: string; results: StatementResults }
  | { kind: 'open'; transaction: Transaction }
  | { kind: 'committed' | 'aborted' };

/** One client session: at any time it has one transaction number, and the highest one counts. */
class Session {
  private number = -1;
  private phase: Phase = { kind: 'aborted' };
  private tail: Promise<unknown> = Promise.resolve();
  private running = 0;
  lastUsed = 0;
  /** The one that the latest statement of a transaction came in on. */
  connection: ConnectionState | null = null;

  /** How many answers are remembered. */
  get resultCount(): number {
    return this.phase.kind === 'retryable' ? this.phase.results.size : 0;
  }

  /** Whether it may be forgotten. */
  get isIdle(): boolean {
    return this.running === 0 && this.phase.kind !== 'open';
  }

  /** Runs the statements of a session one after the other, as MongoDB does: a retry waits for what it repeats. */
  run<T>(statement: () => Promise<T>): Promise<T> {
    this.lastUsed = Date.now();
    this.running += 1;
    const result = this.tail.then(statement);
    this.tail = result.then(this.leave, this.leave);
    return result;
  }

  private readonly leave = (): void => {
    this.running -= 1;
    this.lastUsed = Date.now();
  };

  /** Aborts a transaction in which nothing has happened since `before`, or whose client has gone: it cannot end it. */
  expire(before: number): void {
    const isGone = this.connection?.gone;
    if (isGone) this.connection = null;
    if (isGone || (this.running === 0 && this.lastUsed < before)) this.abortOpen();
  }

  /** @throws TransactionTooOld, ConflictingOperationInProgress */
  begin(number: number, start: () => Transaction): Transaction {
    check(this.isAfter(number), 117, 'A transaction with this number has already been started');
    const transaction = start();
    this.enter(number, { kind: 'open', transaction });
    return transaction;
  }

  /**
   * The transaction that a statement belongs to.
   * @throws TransactionTooOld, NoSuchTransaction, TransactionCommitted
   */
  continue(number: number): Transaction {
    const phase = this.isAfter(number) ? null : this.phase;
    if (phase?.kind === 'open') return phase.transaction;
    throw new MongoError(phase?.kind === 'committed' ? 256 : 251, `There is no open transaction ${number}.`);
  }

  /** The answers of this retryable write so far; a higher number than before forgets those of the older one. */
  retryable(number: number, command: string): StatementResults {
    if (this.isAfter(number)) this.enter(number, { kind: 'retryable', command, results: new Map() });
    const { phase } = this;
    if (phase.kind !== 'retryable')
      throw new MongoError(217, `Transaction number ${number} has been used by a multi-document transaction`);
    check(phase.command === command, 40606, 'A retry cannot be of another command');
    return phase.results;
  }

  /** Commits; doing it again is fine. */
  async commit(number: number): Promise<void> {
    if (number === this.number && this.phase.kind === 'committed') return;
    const transaction = this.continue(number);
    // From now on nobody else ends it.
    this.phase = { kind: 'aborted' };
    await transaction.commit();
    this.phase = { kind: 'committed' };
  }

  /** Aborts a transaction that is open; one that is committing already will end by itself. */
  abortOpen(): void {
    if (this.phase.kind !== 'open') return;
    this.phase.transaction.abort();
    this.phase = { kind: 'aborted' };
  }

  /** Whether the number is higher than any before. @throws TransactionTooOld where it is lower than the latest */
  private isAfter(number: number): boolean {
    check(number >= this.number, 225, `Transaction ${number} is older than the latest, ${this.number}.`);
    return number > this.number;
  }

  private enter(number: number, phase: Phase): void {
    this.abortOpen();
    this.number = number;
    this.phase = phase;
  }
}

/** Where a statement fails, so does its transaction. */
async function runStatement(session: Session, command: () => Promise<Reply>): Promise<Reply> {
  try {
    const reply = await command();
    if (reply.has('writeErrors')) session.abortOpen();
    return reply;
  } catch (error) {
    session.abortOpen();
    throw error;
  }
}

const retryableCommands = new Set(['delete', 'findAndModify', 'findandmodify', 'insert', 'update']);
/** Commands that may be statements of a transaction, besides these and its end. */
const otherStatements = new Set(['aggregate', 'create', 'distinct', 'find', 'getMore', 'killCursors']);
const systemDatabases = new Set(['admin', 'config', 'local']);

/** What the fields of a command say about its part in a session. */
interface PartInSession {
  /** The session's id, in hexadecimal. */
  readonly id: string;
  readonly number: number;
  /** A statement of a transaction, the first one or a later one; its end; a write that may be retried. */
  readonly kind: 'begin' | 'continue' | 'commitTransaction' | 'abortTransaction' | 'retryable';
}

/**
 * Null for a command that is neither part of a transaction nor a retryable write.
 * @throws MongoError InvalidOptions, OperationNotSupportedInTransaction
 */
function partInSession({ name, db, body }: CommandRequest): PartInSession | null {
  const given = body.get('txnNumber');
  const inTransaction = body.has('autocommit');
  const starts = body.has('startTransaction');
  const isEnd = name === 'commitTransaction' || name === 'abortTransaction';
  if (given === undefined && !inTransaction && !starts) {
    check(!isEnd, 125, `${name} must be run within a transaction`);
    return null;
  }
  const id = sessionIdOf(body.get('lsid'));
  const number = isNumber(given) ? toDouble(given) : -1;
  const isRight =
    number >= 0 &&
    (!inTransaction || body.get('autocommit') === false) &&
    (!starts || (inTransaction && body.get('startTransaction') === true)) &&
    (!inTransaction || isEnd || !(body.has('writeConcern') || (!starts && body.has('readConcern'))));
  check(isRight && id !== null, 72, 'the fields of the session and its transaction do not go together');
  if (!inTransaction) {
    check(retryableCommands.has(name), 50768, 'txnNumber may not be provided for this command');
    return { id, number, kind: 'retryable' };
  }
  if (isEnd) {
    check(db === 'admin', 13, `${name} may only be run against the admin database.`);
    return { id, number, kind: name };
  }
  const isStatement = retryableCommands.has(name) || otherStatements.has(name);
  const isAllowed = isStatement && !systemDatabases.has(db);
  check(isAllowed, 263, `Cannot run ${name} on ${db} in a multi-document transaction.`);
  return { id, number, kind: starts ? 'begin' : 'continue' };
}

/** The id in `{ id: UUID }`, in hexadecimal; null where there is none. */
function sessionIdOf(lsid: Value): string | null {
  const id = isDocument(lsid) ? lsid.get('id') : undefined;
  return id instanceof Binary ? Buffer.from(id.buffer).toString('hex', 0, id.position) : null;
}
