/** The first instant that the API's DateTime can say. */
export const earliestInstant = new Date('0000-01-01T00:00:00.000Z');

/**
 * The indexes of `sessions`, by what they are for. Nothing that changes with each event is in them, so adding an event
 * touches none; the partial ones get their entries when a session ends, and leave open sessions out.
 */
export const sessionIndexes = {
  /** Identity, and the shard key. */
  identity: { sessionId: 1 },
  /**
   * The list in its order: _id settles sessions that started in the same millisecond. Statistics by what stands behind
   * it read no session; a sharded cluster needs the shard key for that too.
   */
  byStart: { startedAt: -1, _id: -1, status: 1, language: 1, endedAt: 1, durationMs: 1, sessionId: 1 },
  byStatus: { status: 1, startedAt: -1, _id: -1 },
  byLanguage: { language: 1, startedAt: -1, _id: -1 },
  byLabel: { labels: 1, startedAt: -1, _id: -1 },
  byEnd: { endedAt: -1, _id: -1 },
  byDuration: { durationMs: -1, _id: -1 },
  byEndReason: { endReason: 1, startedAt: -1, _id: -1 },
} as const;

/** Which sessions have entries in the partial indexes. A query must say so too, or they are no use to it. */
export const hasEnd = { endedAt: { $gte: earliestInstant } };
export const hasDuration = { durationMs: { $gte: 0 } };
export const hasEndReason = { endReason: { $gte: '' } };
