import { badUserInput } from '../errors';
import type { JsonObject } from '../store/json-object';
import { labelsOf } from '../store/labels';
import { Session } from '../store/session.model';
import { hasEnded, type SessionStatus } from '../store/session-status';
import { createOrGet, endOpenSession, findSession } from '../store/session-writes';
import type { Store } from '../store/store';
import type { TransactionSessions } from '../store/transaction-sessions';
import {
  checkId,
  checkInstant,
  checkJson,
  checkLanguage,
  maxMetadataBytes,
  type Scalar,
} from './input-rules';
import { sessionNotFound } from './refusals';
import type { SessionChanges } from './session-changes';

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
}

/** The rules of a session's beginning and end. */
export class SessionService {
  constructor(
    private readonly store: Store,
    private readonly transactions: TransactionSessions,
    private readonly timeoutMs: number,
    private readonly changes: SessionChanges,
  ) {}

  /**
   * Creates the session, or returns the one that exists, as it stands. Safe to retry and to race.
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
   * Ends a session. When this has resolved, its events are final: additions write the session document in their
   * transaction, so none can commit after this update.
   * @throws SESSION_NOT_FOUND, BAD_USER_INPUT (endedAt before startedAt)
   */
  async complete(input: CompleteSession): Promise<{ session: Session; completed: boolean }> {
    const sessionId = checkId('input.sessionId', input.sessionId);
    const sent = checkInstant('input.endedAt', input.endedAt);
    let endedAt = sent ?? new Date();
    // The database lets this wait for as long as a transaction holds the session.
    this.transactions.watch();
    for (;;) {
      const ended = await endOpenSession(this.store, this.timeoutMs, {
        sessionId,
        status: input.outcome,
        endedAt,
      });
      if (ended !== null) {
        this.changes.notify(sessionId);
        return { session: new Session(ended), completed: true };
      }
      const row = await findSession(this.store, this.timeoutMs, sessionId);
      if (row === null) throw sessionNotFound(sessionId);
      if (hasEnded(row.status)) return { session: new Session(row), completed: false };
      if (row.startedAt <= endedAt) continue;
      if (sent !== null) throw badUserInput('input.endedAt', 'must not be before the session started.');
      // It starts in the future, by its caller's clock: it cannot have ended earlier.
      endedAt = row.startedAt;
    }
  }
}
