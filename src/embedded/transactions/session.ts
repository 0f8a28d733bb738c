import { ConnectionState, StatementResults } from '../commands/request';
import { check, MongoError } from '../language/errors';
import { Transaction } from './transaction';

/** What the latest transaction number of a session stands for. */
type Phase =
  | { kind: 'retryable'; command: string; results: StatementResults }
  | { kind: 'open'; transaction: Transaction }
  | { kind: 'committed' | 'aborted' };

/** One client session: at any time it has one transaction number, and the highest one counts. */
export class Session {
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
