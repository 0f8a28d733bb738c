/** The earliest DateTime of the API. */
export const earliestInstant = new Date('0000-01-01T00:00:00.000Z');

/**
 * The indexes of `sessions`. None contains a field that changes with each event, so adding an event updates no index. The
 * partial ones contain only sessions that have ended.
 */
export const sessionIndexes = {
  /** Identity, and the shard key. */
  identity: { sessionId: 1 },
  /**
   * The list in its order, with _id for ties. The fields after _id cover statistics, which then read no session; on a
   * sharded cluster that needs the shard key too.
   */
  byStart: { startedAt: -1, _id: -1, status: 1, language: 1, endedAt: 1, durationMs: 1, sessionId: 1 },
  byStatus: { status: 1, startedAt: -1, _id: -1 },
  byLanguage: { language: 1, startedAt: -1, _id: -1 },
  byLabel: { labels: 1, startedAt: -1, _id: -1 },
  byEnd: { endedAt: -1, _id: -1 },
  byDuration: { durationMs: -1, _id: -1 },
  byEndReason: { endReason: 1, startedAt: -1, _id: -1 },
} as const;

/** The conditions of the partial indexes. A query must contain them to use the index. */
export const hasEnd = { endedAt: { $gte: earliestInstant } };
export const hasDuration = { durationMs: { $gte: 0 } };
export const hasEndReason = { endReason: { $gte: '' } };
