import { setTimeout as sleep } from 'node:timers/promises';
import { badUserInput } from '../errors';
import type { JsonObject } from '../store/json-object';
import { labelsOf } from '../store/labels';
import { Session, type SessionRow } from '../store/session.model';
import { hasEnded, type SessionStatus } from '../store/session-status';
import { createOrGet, endSession, findSession } from '../store/session-writes';
import type { Store } from '../store/store';
import type { TransactionSessions } from '../store/transaction-sessions';
import {
  checkEndReason,
  checkId,
  checkInstant,
  checkJson,
  checkLanguage,
  maxMetadataBytes,
  type Scalar,
} from './input-rules';
import { sessionNotFound, writeTimedOut } from './refusals';
import type { SessionChanges } from './session-changes';
import { checkMetadataUpdate, SessionDraft } from './session-draft';
import { SessionUpdater, type UpdateOutcome } from './session-updater';

export interface CreateSession {
  readonly sessionId: string;
  readonly language: string;
  readonly metadata?: Scalar<JsonObject> | null;
  readonly startedAt?: Scalar<Date> | null;
}

export interface CompleteSession {
  readonly sessionId: string;
  readonly outcome: SessionStatus.COMPLETED | SessionStatus.FAILED;
  readonly endedAt?: Scalar<Date> | null;
  readonly endReason?: string | null;
  readonly setMetadata?: Scalar<JsonObject> | null;
}

export interface UpdateSession {
  readonly sessionId: string;
  readonly setMetadata?: Scalar<JsonObject> | null;
  readonly unsetMetadata?: readonly string[] | null;
  readonly language?: string | null;
}

const longestPauseMs = 64;

/** The rules for creating, ending and updating sessions. */
export class SessionService {
  private readonly updater: SessionUpdater;

  constructor(
    private readonly store: Store,
    private readonly transactions: TransactionSessions,
    private readonly timeoutMs: number,
    private readonly changes: SessionChanges,
  ) {
    this.updater = new SessionUpdater(store, transactions, timeoutMs, changes);
  }

  /**
   * Creates the session, or returns the existing one unchanged. Safe to retry and to call concurrently.
   * @throws BAD_USER_INPUT
   */
  async create(input: CreateSession): Promise<{ session: Session; created: boolean }> {
    const metadata = checkJson('input.metadata', input.metadata ?? {}, maxMetadataBytes);
    const { row, created } = await createOrGet(this.store, this.timeoutMs, {
      sessionId: checkId('input.sessionId', input.sessionId),
      language: checkLanguage('input.language', input.language),
      metadata: metadata.stored,
      labels: labelsOf(metadata.value),
      startedAt: checkInstant('input.startedAt', input.startedAt) ?? new Date(),
    });
    if (created) this.changes.notify(row.sessionId);
    return { session: new Session(row), created };
  }

  /**
   * Ends a session and sets metadata in the same step. When this has resolved, the session's events are final:
   * additions write the session document in their transaction, so none can commit after this update.
   * @throws SESSION_NOT_FOUND, BAD_USER_INPUT (endedAt before startedAt), SERVICE_UNAVAILABLE
   */
  async complete(input: CompleteSession): Promise<{ session: Session; completed: boolean }> {
    const sessionId = checkId('input.sessionId', input.sessionId);
    const sentEnd = checkInstant('input.endedAt', input.endedAt);
    const endReason = input.endReason == null ? null : checkEndReason('input.endReason', input.endReason);
    const update = { ...checkMetadataUpdate({ setMetadata: input.setMetadata }), language: null };
    const deadline = Date.now() + this.timeoutMs;
    // The write waits as long as a transaction holds the session, which may be that of a dead process.
    this.transactions.watch();
    for (let attempt = 0; Date.now() < deadline; attempt += 1) {
      const row = await findSession(this.store, this.timeoutMs, sessionId);
      if (row === null) throw sessionNotFound(sessionId);
      if (hasEnded(row.status)) return { session: new Session(row), completed: false };
      const endedAt = endOf(row, sentEnd);
      const durationMs = endedAt.getTime() - row.startedAt.getTime();
      const draft = new SessionDraft(row);
      draft.apply(update);
      const end = { status: input.outcome, endedAt, durationMs, endReason };
      const ended = await endSession(this.store, this.timeoutMs, row, end, draft.takeChanges());
      if (ended !== null) {
        this.changes.notify(sessionId);
        return { session: new Session(ended), completed: true };
      }
      // Another request has ended or changed it since; a majority may not have that write yet.
      await sleep(Math.random() * Math.min(longestPauseMs, 2 ** attempt));
    }
    throw writeTimedOut();
  }

  /**
   * Changes the metadata and language of a session, before or after its end. Safe to retry; concurrent updates all take
   * effect.
   * @throws SESSION_NOT_FOUND, BAD_USER_INPUT, SERVICE_UNAVAILABLE
   */
  async update(input: UpdateSession): Promise<UpdateOutcome> {
    return this.updater.update(checkId('input.sessionId', input.sessionId), {
      ...checkMetadataUpdate(input),
      language: input.language == null ? null : checkLanguage('input.language', input.language),
    });
  }
}

/** @throws BAD_USER_INPUT if the sent end is before the start */
function endOf({ startedAt }: SessionRow, sent: Date | null): Date {
  const endedAt = sent ?? new Date();
  if (endedAt >= startedAt) return endedAt;
  if (sent !== null) throw badUserInput('input.endedAt', 'must not be before the session started.');
  // The start is in the future, by the caller's clock, and the end cannot be earlier.
  return startedAt;
}
