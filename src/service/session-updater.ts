import { setTimeout as sleep } from 'node:timers/promises';
import { serviceUnavailable } from '../errors';
import { Session, type SessionRow } from '../store/session.model';
import { changeSession, findSession } from '../store/session-writes';
import type { Store } from '../store/store';
import type { TransactionSessions } from '../store/transaction-sessions';
import { sessionNotFound, writeTimedOut } from './refusals';
import type { SessionChanges } from './session-changes';
import { SessionDraft, type SessionUpdate } from './session-draft';

export interface UpdateOutcome {
  readonly session: Session;
  readonly updated: boolean;
}

/** One caller's update. Exactly one of its functions is called, once. */
interface QueuedUpdate {
  readonly update: SessionUpdate;
  /** In milliseconds of Date.now(); the caller waits no longer. */
  readonly deadline: number;
  resolve(outcome: UpdateOutcome): void;
  reject(error: unknown): void;
}

/** The maximum number of queued updates of one session in one process. */
const maxQueuedUpdates = 1000;
const longestPauseMs = 64;

/**
 * Updates sessions. A write applies only if the session is unchanged since it was read, so concurrent updates do not
 * overwrite each other. Updates of one session that arrive during a write are stored together by the next one, so only
 * processes race, not callers. It neither reads nor writes the fields that events change.
 */
export class SessionUpdater {
  private readonly queues = new Map<string, QueuedUpdate[]>();

  constructor(
    private readonly store: Store,
    private readonly transactions: TransactionSessions,
    private readonly timeoutMs: number,
    private readonly changes: SessionChanges,
  ) {}

  /** @throws SESSION_NOT_FOUND, BAD_USER_INPUT (the metadata would be invalid), SERVICE_UNAVAILABLE */
  update(sessionId: string, update: SessionUpdate): Promise<UpdateOutcome> {
    return new Promise((resolve, reject) => {
      const waiting = { update, deadline: Date.now() + this.timeoutMs, resolve, reject };
      const queue = this.queues.get(sessionId);
      if (queue === undefined) {
        this.queues.set(sessionId, [waiting]);
        void this.drain(sessionId);
      } else if (queue.length < maxQueuedUpdates) queue.push(waiting);
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

  /** Stores the whole batch in one write, and retries if another process was faster. */
  private async storeAll(sessionId: string, batch: readonly QueuedUpdate[]): Promise<void> {
    let left = batch;
    for (let attempt = 0; ; attempt += 1) {
      left = dropExpired(left);
      if (left.length === 0) return;
      const row = await findSession(this.store, this.timeoutMs, sessionId);
      if (row === null) throw sessionNotFound(sessionId);
      const draft = new SessionDraft(row);
      const outcomes = left.map(({ update }) => tryApply(draft, update));
      const stored = await this.storeDraft(row, draft);
      if (stored !== null) return settle(left, outcomes, new Session(stored));
      await sleep(Math.random() * Math.min(longestPauseMs, 2 ** attempt));
    }
  }

  /** Stores the draft; returns the new row, or null if the row has changed since it was read. */
  private async storeDraft(row: SessionRow, draft: SessionDraft): Promise<SessionRow | null> {
    const changes = draft.takeChanges();
    if (changes === null) return row;
    // The write waits as long as a transaction holds the session, which may be that of a dead process.
    this.transactions.watch();
    const stored = await changeSession(this.store, this.timeoutMs, row, changes);
    if (stored !== null) this.changes.notify(row.sessionId);
    return stored;
  }
}

/** Whether the update changed the draft, or the error that refused it. */
function tryApply(draft: SessionDraft, update: SessionUpdate): boolean | Error {
  try {
    return draft.apply(update);
  } catch (error) {
    return error as Error;
  }
}

function settle(
  batch: readonly QueuedUpdate[],
  outcomes: readonly (boolean | Error)[],
  session: Session,
): void {
  for (const [index, { resolve, reject }] of batch.entries()) {
    const outcome = outcomes[index]!;
    if (outcome instanceof Error) reject(outcome);
    else resolve({ session, updated: outcome });
  }
}

/** Rejects the updates past their deadline, and returns the others. */
function dropExpired(batch: readonly QueuedUpdate[]): readonly QueuedUpdate[] {
  const now = Date.now();
  for (const { deadline, reject } of batch) if (deadline <= now) reject(writeTimedOut());
  return batch.filter(({ deadline }) => deadline > now);
}
