import { conversationIndex } from '../store/event.model';
import type { Store } from '../store/store';
import {
  addEvent,
  checkedFields,
  type CheckedSession,
  type EventTotals,
  findingsOf,
  noEvents,
} from './session-check';

/** A session and its events, or the events of a missing session. */
export interface WalkedSession {
  readonly sessionId: string;
  readonly session: CheckedSession | null;
  readonly events: EventTotals;
  readonly looksRight: boolean;
}

const batchSize = 2000;

/** All sessions, and all missing sessions that have events, in the order of their ids. */
export async function* walkSessions(store: Store): AsyncIterable<WalkedSession> {
  const sessions = store.sessions
    .find({}, { projection: checkedFields, hint: { sessionId: 1 }, sort: { sessionId: 1 }, batchSize })
    [Symbol.asyncIterator]() as AsyncIterator<CheckedSession>;
  const groups = walkEvents(store)[Symbol.asyncIterator]();
  let session = await sessions.next();
  let group = await groups.next();
  while (!session.done || !group.done) {
    const order = compareIds(idOf(session), idOf(group));
    const row = order <= 0 ? (session.value as CheckedSession) : null;
    const events = order >= 0 ? (group.value as EventGroup).events : noEvents;
    const sessionId = row?.sessionId ?? (group.value as EventGroup).sessionId;
    yield { sessionId, session: row, events, looksRight: findingsOf(sessionId, row, events).length === 0 };
    if (order <= 0) session = await sessions.next();
    if (order >= 0) group = await groups.next();
  }
}

interface EventGroup {
  readonly sessionId: string;
  readonly events: EventTotals;
}

/** The totals of each session's events, from the index alone. */
async function* walkEvents(store: Store): AsyncIterable<EventGroup> {
  const projection = { _id: 0, sessionId: 1, timestamp: 1, position: 1 };
  const events = store.events.find(
    {},
    { projection, hint: conversationIndex, sort: conversationIndex, batchSize },
  );
  let group: EventGroup | null = null;
  for await (const event of events) {
    const { sessionId } = event;
    if (group !== null && group.sessionId !== sessionId) yield group;
    const before: EventTotals = group?.sessionId === sessionId ? group.events : noEvents;
    group = { sessionId, events: addEvent(before, event) };
  }
  if (group !== null) yield group;
}

function idOf({ value, done }: IteratorResult<{ sessionId: string }, unknown>): string | null {
  return done ? null : value.sessionId;
}

/** Compares ids in the order of the database, which is UTF-8; null is last. */
function compareIds(a: string | null, b: string | null): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
