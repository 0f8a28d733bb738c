import type { mongo } from 'mongoose';
import type { SessionRow } from './session.model';
import { SessionStatus } from './session-status';
import type { Store } from './store';
import { isDuplicateKey } from './transaction';

/** What a session begins with. */
export type NewSession = Pick<SessionRow, 'sessionId' | 'language' | 'metadata' | 'labels' | 'startedAt'>;

/** The session of this id, stored now unless there was one. */
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
      // Two upserts of one new id can both find nothing; the one that is late finds it when it looks again.
      if (!isDuplicateKey(error, 'sessionId_1') || attempt === 2) throw error;
    }
  }
}

/** What may be said about a session after it was created. */
export type SessionChanges = Partial<Pick<SessionRow, 'language' | 'metadata' | 'labels'>>;

export type SessionEnd = Required<Pick<SessionRow, 'status' | 'endedAt' | 'durationMs' | 'endReason'>>;

/** Changes the session as it was `seen`. Null if it has changed since, or is gone. */
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

/** Ends the session as it was `seen`, and changes it in the same step. Null as `changeSession`, and if it has ended. */
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
 * Events change other fields than the revision, so an update never waits for them to pause. Null is also no revision at
 * all. Nothing else is asked for: with one index to choose there is nothing to plan.
 */
function asSeen({ sessionId, revision }: SessionRow): mongo.Filter<SessionRow> {
  return { sessionId, revision: revision ?? null } as mongo.Filter<SessionRow>;
}

/** The session as a majority has it; null if there is none. */
export function findSession(store: Store, maxTimeMS: number, sessionId: string): Promise<SessionRow | null> {
  return store.sessions.findOne({ sessionId }, { readPreference: 'primary', maxTimeMS });
}
