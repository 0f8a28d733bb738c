import type { mongo } from 'mongoose';
import type { SessionRow } from './session.model';
import { SessionStatus } from './session-status';
import type { Store } from './store';
import { isDuplicateKey } from './transaction';

/** The initial fields of a session. */
export type NewSession = Pick<SessionRow, 'sessionId' | 'language' | 'metadata' | 'labels' | 'startedAt'>;

/** The session of this id, created if it does not exist. */
export async function createOrGet(store: Store, maxTimeMS: number, session: NewSession) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { value, lastErrorObject } = await store.sessions.findOneAndUpdate(
        { sessionId: session.sessionId },
        {
          $setOnInsert: {
            ...session,
            status: SessionStatus.INITIATED,
            endedAt: null,
            eventCount: 0,
            lastEventAt: null,
          },
        },
        { upsert: true, returnDocument: 'after', includeResultMetadata: true, maxTimeMS },
      );
      return { row: value!, created: lastErrorObject?.updatedExisting === false };
    } catch (error) {
      // Two upserts of a new id can race; the loser finds the session on its second attempt.
      if (!isDuplicateKey(error, 'sessionId_1') || attempt === 2) throw error;
    }
  }
}

/** The fields of a session that updates can change. */
export type SessionChanges = Partial<Pick<SessionRow, 'language' | 'metadata' | 'labels'>>;

export type SessionEnd = Required<Pick<SessionRow, 'status' | 'endedAt' | 'durationMs' | 'endReason'>>;

/** Changes the session if it is unchanged since it was `seen`; otherwise returns null. */
export function changeSession(
  store: Store,
  maxTimeMS: number,
  seen: SessionRow,
  changes: SessionChanges,
): Promise<SessionRow | null> {
  return store.sessions.findOneAndUpdate(
    asSeen(seen),
    { $set: changes, $inc: { revision: 1 } },
    { returnDocument: 'after', maxTimeMS },
  );
}

/** Ends and changes the session in one step. Null as for `changeSession`, and if it has ended. */
export function endSession(
  store: Store,
  maxTimeMS: number,
  seen: SessionRow,
  end: SessionEnd,
  changes: SessionChanges | null,
): Promise<SessionRow | null> {
  return changes === null
    ? store.sessions.findOneAndUpdate(
        { sessionId: seen.sessionId, endedAt: null },
        { $set: end },
        { returnDocument: 'after', maxTimeMS },
      )
    : store.sessions.findOneAndUpdate(
        { ...asSeen(seen), endedAt: null },
        { $set: { ...end, ...changes }, $inc: { revision: 1 } },
        { returnDocument: 'after', maxTimeMS },
      );
}

/**
 * Events do not change the revision, so updates succeed while events arrive. Null also matches a missing revision. There is
 * no further condition: with one candidate index there is no planning.
 */
function asSeen({ sessionId, revision }: SessionRow): mongo.Filter<SessionRow> {
  return { sessionId, revision: revision ?? null } as mongo.Filter<SessionRow>;
}

/** The session, with majority read concern; null if there is none. */
export function findSession(store: Store, maxTimeMS: number, sessionId: string): Promise<SessionRow | null> {
  return store.sessions.findOne({ sessionId }, { readPreference: 'primary', maxTimeMS });
}
