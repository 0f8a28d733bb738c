import { setTimeout as sleep } from 'node:timers/promises';
import { serviceUnavailable } from '../errors';
import { Session, type SessionRow } from '../store/session.model';
import { changeSession, findSession } from '../store/session-writes';
import type { Store } from '../store/store';
import type { TransactionSessions } from '../store/transaction-sessions';
import { sessionNotFound, tooLate } from './refusals';
import type { SessionChanges } from './session-changes';
import { SessionDraft, type SessionUpdate } from './session-draft';

export interface UpdateOutcome {
  readonly session: Session;
  readonly updated: boolean;
}

/** One caller's wish; exactly one of its functions is called, once. */
interface Waiting {
  readonly update: SessionUpdate;
  /** In milliseconds of Date.now(); after it nobody waits any more. */
  readonly deadline: number;
  resolve(outcome: UpdateOutcome): void;
  reject(error: unknown): void;
}

/** Of one session in one process; the next one is told to try again. */
const maxWaiting = 1000;
const longestPauseMs = 64;

/**
 * Changes what is said about sessions. A change is stored only on the session as it was read, so that of changes that
 * race each is made on what the others have left. Those of one session that arrive while one is being stored are stored
 * together by the next write: only processes race, not callers. Neither reads nor writes what events change.
 */
export class SessionUpdater {
  private readonly queues = new Map<string, Waiting[]>();

  constructor(
    private readonly store: Store,
    private readonly transactions: TransactionSessions,
    private readonly timeoutMs: number,
    private readonly changes: SessionChanges,
  ) {}

  /** @throws SESSION_NOT_FOUND, BAD_USER_INPUT (the metadata would break a rule), SERVICE_UNAVAILABLE */
  update(sessionId: string, update: SessionUpdate): Promise<UpdateOutcome> {
    return new Promise((resolve, reject) => {
      const waiting = { update, deadline: Date.now() + this.timeoutMs, resolve, reject };
      const queue = this.queues.get(sessionId);
      if (queue === undefined) {
        this.queues.set(sessionId, [waiting]);
        void this.drain(sessionId);
      } else if (queue.length < maxWaiting) queue.push(waiting);
      else reject(serviceUnavailable('Too many updates of this session are waiting. Try again.'));
    });
  }

  private async drain(sessionId: string): Promise<void> {
    const queue = this.queues.get(sessionId)!;
    while (queue.length > 0) {
      const batch = queue.splice(0);
      try {
        await this.storeAll(sessionId, batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.queues.delete(sessionId);
  }

  /** Stores all of the batch in one write, and tries again where another process was faster. */
  private async storeAll(sessionId: string, batch: readonly Waiting[]): Promise<void> {
    let left = batch;
    for (let attempt = 0; ; attempt += 1) {
      left = withoutLate(left);
      if (left.length === 0) return;
      const row = await findSession(this.store, this.timeoutMs, sessionId);
      if (row === null) throw sessionNotFound(sessionId);
      const draft = new SessionDraft(row);
      const outcomes = left.map(({ update }) => applied(draft, update));
      const stored = await this.storeDraft(row, draft);
      if (stored !== null) return settle(left, outcomes, new Session(stored));
      await sleep(Math.random() * Math.min(longestPauseMs, 2 ** attempt));
    }
  }

  /** The row as it is now, or null if it is not any more as it was read. */
  private async storeDraft(row: SessionRow, draft: SessionDraft): Promise<SessionRow | null> {
    const changes = draft.takeChanges();
    if (changes === null) return row;
    // The database lets this wait for as long as a transaction holds the session.
    this.transactions.watch();
    const stored = await changeSession(this.store, this.timeoutMs, row, changes);
    if (stored !== null) this.changes.notify(row.sessionId);
    return stored;
  }
}

/** Whether the update changes the draft, or why it must not. */
function applied(draft: SessionDraft, update: SessionUpdate): boolean | Error {
  try {
    return draft.apply(update);
  } catch (error) {
    return error as Error;
  }
}

function settle(batch: readonly Waiting[], outcomes: readonly (boolean | Error)[], session: Session): void {
  for (const [index, { resolve, reject }] of batch.entries()) {
    const outcome = outcomes[index]!;
    if (outcome instanceof Error) reject(outcome);
    else resolve({ session, updated: outcome });
  }
}

/** Those that someone still waits for. */
function withoutLate(batch: readonly Waiting[]): readonly Waiting[] {
  const now = Date.now();
  for (const { deadline, reject } of batch) if (deadline <= now) reject(tooLate());
  return batch.filter(({ deadline }) => deadline > now);
}
