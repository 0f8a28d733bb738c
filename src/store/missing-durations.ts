import type { mongo } from 'mongoose';
import { existingIndexes, keyText } from './collection-indexes';
import { sessionIndexes } from './session-indexes';
import type { SessionRow } from './session.model';

const batchSize = 1000;

/**
 * Adds durations to sessions that ended before durations were stored, so that lists by duration include them. Call it
 * before the index of that order is built: once it exists, this does nothing.
 */
export async function addMissingDurations(sessions: mongo.Collection<SessionRow>): Promise<void> {
  if (await hasDurationIndex(sessions)) return;
  // By type, because an open session has no duration.
  const missing = { endedAt: { $type: 'date' as const }, durationMs: { $exists: false } };
  const cursor = sessions
    .find(missing, { readPreference: 'primary' })
    .project<Pick<SessionRow, 'sessionId' | 'startedAt' | 'endedAt'>>({
      _id: 0,
      sessionId: 1,
      startedAt: 1,
      endedAt: 1,
    })
    .batchSize(batchSize);
  let updates: mongo.AnyBulkWriteOperation<SessionRow>[] = [];
  for await (const { sessionId, startedAt, endedAt } of cursor) {
    const durationMs = endedAt!.getTime() - startedAt.getTime();
    updates.push({
      updateOne: { filter: { sessionId, durationMs: { $exists: false } }, update: { $set: { durationMs } } },
    });
    if (updates.length < batchSize) continue;
    await sessions.bulkWrite(updates, { ordered: false });
    updates = [];
  }
  if (updates.length > 0) await sessions.bulkWrite(updates, { ordered: false });
}

async function hasDurationIndex(sessions: mongo.Collection<SessionRow>): Promise<boolean> {
  const present = await existingIndexes(sessions);
  return present.some(({ key }) => keyText(key) === keyText(sessionIndexes.byDuration));
}
