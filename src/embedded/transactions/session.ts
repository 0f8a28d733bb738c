import { ConnectionState } from '../commands/request';
import { MongoError } from '../language/errors';
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
