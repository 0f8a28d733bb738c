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

/** Ends the session, unless there is none, it has ended, or it started after `endedAt`: null then. */
export function endOpenSession(
  store: Store,
  maxTimeMS: number,
  { sessionId, status, endedAt }: Pick<SessionRow, 'sessionId' | 'status'> & { endedAt: Date },
): Promise<SessionRow | null> {
  return store.sessions.findOneAndUpdate(
    { sessionId, endedAt: null, startedAt: { $lte: endedAt } },
    { $set: { status, endedAt } },
    { returnDocument: 'after', maxTimeMS },
  );
}

/** The session as a majority has it; null where there is none. */
export function findSession(store: Store, maxTimeMS: number, sessionId: string): Promise<SessionRow | null> {
  return store.sessions.findOne({ sessionId }, { readPreference: 'primary', maxTimeMS });
}
