import type { mongo } from 'mongoose';
import { conversationIndex } from '../store/event.model';
import { restoreJson } from '../store/json-object';
import { labelsOf } from '../store/labels';
import type { SessionRow } from '../store/session.model';
import { hasEnded, SessionStatus } from '../store/session-status';
import type { Store } from '../store/store';

/** The totals of a session's events. */
export interface EventTotals {
  readonly count: number;
  readonly firstPosition: number;
  readonly lastPosition: number;
  readonly lastTimestamp: Date | null;
}

export const noEvents: EventTotals = { count: 0, firstPosition: 1, lastPosition: 0, lastTimestamp: null };

/** Adds one event to the totals. */
export function addEvent(
  totals: EventTotals,
  { position, timestamp }: { position: number; timestamp: Date },
): EventTotals {
  const { count, firstPosition, lastPosition, lastTimestamp } = totals;
  return {
    count: count + 1,
    firstPosition: count === 0 ? position : Math.min(firstPosition, position),
    lastPosition: Math.max(lastPosition, position),
    lastTimestamp: lastTimestamp === null || timestamp > lastTimestamp ? timestamp : lastTimestamp,
  };
}

/** A violation of the store's rules. */
export interface Finding {
  readonly sessionId: string;
  readonly rule: string;
  readonly stored: string;
  readonly expected: string;
  /** The repair, and the condition under which it applies; null if there is none. */
  readonly repair: { readonly guard: mongo.Filter<SessionRow>; readonly set: Partial<SessionRow> } | null;
}

/** The fields of a session that a check needs. */
export const checkedFields = {
  _id: 0,
  sessionId: 1,
  status: 1,
  startedAt: 1,
  endedAt: 1,
  durationMs: 1,
  eventCount: 1,
  lastEventAt: 1,
  metadata: 1,
  labels: 1,
} as const;

export type CheckedSession = Pick<SessionRow, Exclude<keyof typeof checkedFields, '_id'>>;

/** Checks one session against its events, in one snapshot. */
export async function checkSession(store: Store, sessionId: string): Promise<Finding[]> {
  return store.client.withSession(async (session) => {
    session.startTransaction({ readConcern: { level: 'snapshot' } });
    try {
      const options = { session, projection: checkedFields };
      const row = (await store.sessions.findOne({ sessionId }, options)) as CheckedSession | null;
      let totals = noEvents;
      const events = store.events
        .find({ sessionId }, { session, projection: { _id: 0, timestamp: 1, position: 1 } })
        .hint(conversationIndex);
      for await (const event of events) totals = addEvent(totals, event);
      return findingsOf(sessionId, row, totals);
    } finally {
      await session.abortTransaction();
    }
  });
}

/** The findings for a session, given its events. */
export function findingsOf(sessionId: string, row: CheckedSession | null, events: EventTotals): Finding[] {
  if (row === null) return events.count === 0 ? [] : [orphans(sessionId, events)];
  return [
    positions(sessionId, events),
    eventCount(row, events),
    lastEventAt(row, events),
    status(row, events),
    durationMs(row),
    labels(row),
  ].filter((finding) => finding !== null);
}

function orphans(sessionId: string, { count }: EventTotals): Finding {
  return {
    sessionId,
    rule: 'events without a session',
    stored: String(count),
    expected: '0',
    repair: null,
  };
}

/** Positions are unique by an index, so their number and their ends show whether there is a gap. */
function positions(sessionId: string, { count, firstPosition, lastPosition }: EventTotals): Finding | null {
  if (firstPosition === 1 && lastPosition === count) return null;
  return {
    sessionId,
    rule: 'positions of its events',
    stored: `${count} from ${firstPosition} to ${lastPosition}`,
    expected: `${count} from 1 to ${count}`,
    repair: null,
  };
}

function eventCount(row: CheckedSession, { lastPosition }: EventTotals): Finding | null {
  if (row.eventCount === lastPosition) return null;
  return finding(row, 'eventCount', row.eventCount, lastPosition, { eventCount: lastPosition });
}

function lastEventAt(row: CheckedSession, { lastTimestamp }: EventTotals): Finding | null {
  if (row.lastEventAt?.getTime() === lastTimestamp?.getTime()) return null;
  return finding(row, 'lastEventAt', row.lastEventAt?.toISOString(), lastTimestamp?.toISOString(), {
    lastEventAt: lastTimestamp,
  });
}

function status(row: CheckedSession, { count }: EventTotals): Finding | null {
  const ended = row.endedAt !== null;
  if (ended !== hasEnded(row.status)) {
    const expected = ended ? 'COMPLETED or FAILED, as it has an endedAt' : 'not ended, as it has no endedAt';
    return { ...finding(row, 'status', row.status, expected, {}), repair: null };
  }
  const open = count > 0 ? SessionStatus.ACTIVE : SessionStatus.INITIATED;
  return ended || row.status === open ? null : finding(row, 'status', row.status, open, { status: open });
}

/** Checks the stored duration, which an open session does not have. */
function durationMs(row: CheckedSession): Finding | null {
  if (row.endedAt === null) return null;
  const wanted = row.endedAt.getTime() - row.startedAt.getTime();
  return row.durationMs === wanted
    ? null
    : finding(row, 'durationMs', row.durationMs, wanted, { durationMs: wanted });
}

function labels(row: CheckedSession): Finding | null {
  const wanted = labelsOf(restoreJson(row.metadata));
  if (JSON.stringify([...wanted].sort()) === JSON.stringify([...row.labels].sort())) return null;
  // Not the labels themselves, which can be personal data.
  const count = (values: readonly string[]) => `${values.length} labels`;
  return finding(row, 'labels', count(row.labels), `those of its metadata (${count(wanted)})`, {
    labels: wanted,
  });
}

function finding(
  row: CheckedSession,
  rule: string,
  stored: unknown,
  expected: unknown,
  set: Partial<SessionRow>,
): Finding {
  const { sessionId, status: state, eventCount: count, lastEventAt: last, labels: present } = row;
  return {
    sessionId,
    rule,
    stored: String(stored ?? 'none'),
    expected: String(expected ?? 'none'),
    repair: {
      guard: { sessionId, status: state, eventCount: count, lastEventAt: last, labels: present },
      set,
    },
  };
}
