import { mongo } from 'mongoose';
import type { EventRow } from './event.model';
import type { EventType } from './event-type';
import type { StoredJson } from './json-object';
import type { SessionRow } from './session.model';
import { hasEnded, SessionStatus } from './session-status';
import type { Store } from './store';
import { isDuplicateKey, isTransient, undone } from './transaction';
import { inTransactionOf } from './transaction-command';

/** An event to store. */
export interface NewEvent {
  readonly sessionId: string;
  readonly eventId: string;
  readonly type: EventType;
  readonly payload: StoredJson;
  /** Null: the time at which it is stored. */
  readonly timestamp: Date | null;
}

/** The result of a batch. */
export interface BatchResult {
  /** The row of each event, in the given order; undefined if its session accepts no events. */
  readonly rows: readonly (EventRow | undefined)[];
  /** The sessions that accept no events: the status they ended with, or null if the session does not exist. */
  readonly refused: ReadonlyMap<string, SessionStatus | null>;
}

/** Runs a command in the batch's transaction. */
type RunCommand = (command: mongo.Document) => Promise<mongo.Document>;

/** The changes of a batch to one session. */
interface Advance {
  added: number;
  lastEventAt: Date;
  /** The position before the batch's first event; unknown until the session is written. */
  position?: number;
}

/**
 * Stores events with different keys, in the order given, each at the next position of its session. To be run inside a
 * transaction: the session documents are written first, which orders additions against each other and against
 * completions, over all processes.
 * @param deadline until when the server may work on it, in milliseconds of Date.now()
 * @throws the driver's errors; one for which {@link isStoredAlready} holds where one of the events is stored already
 */
export async function storeBatch(
  store: Store,
  session: mongo.ClientSession,
  deadline: number,
  events: readonly NewEvent[],
): Promise<BatchResult> {
  const receivedAt = new Date();
  const advances = advancesOf(events, receivedAt);
  const run = (command: mongo.Document) => inTransactionOf(store, session, deadline, command);
  const refused = await advanceSessions(store, run, advances);
  const rows = events.map((event) => {
    const advance = advances.get(event.sessionId)!;
    if (advance.position === undefined) return undefined;
    advance.position += 1;
    return newRow(event, receivedAt, advance.position);
  });
  const documents = rows.filter((row) => row !== undefined);
  if (documents.length > 0) await run({ insert: store.events.collectionName, documents });
  return { rows, refused };
}

/** The row of an event, without other properties that the object may have. */
function newRow(
  { sessionId, eventId, type, payload, timestamp }: NewEvent,
  receivedAt: Date,
  position: number,
) {
  return {
    _id: new mongo.ObjectId(),
    sessionId,
    eventId,
    type,
    payload,
    timestamp: timestamp ?? receivedAt,
    receivedAt,
    position,
  };
}

/** Whether a batch failed because one of its events is already stored: by the identity index, not another one. */
export function isStoredAlready(error: unknown): boolean {
  return isDuplicateKey(error, 'sessionId_1_eventId_1');
}

/** In the order of their ids, so that two batches with the same sessions collide at the first and do not deadlock. */
function advancesOf(events: readonly NewEvent[], receivedAt: Date): Map<string, Advance> {
  const advances = new Map<string, Advance>();
  for (const { sessionId, timestamp } of events) {
    const at = timestamp ?? receivedAt;
    const advance = advances.get(sessionId);
    if (advance === undefined) advances.set(sessionId, { added: 1, lastEventAt: at });
    else {
      advance.added += 1;
      if (at > advance.lastEventAt) advance.lastEventAt = at;
    }
  }
  return new Map([...advances].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Updates the event counts, reads the positions, and returns the sessions that accept no events. */
async function advanceSessions(store: Store, run: RunCommand, advances: Map<string, Advance>) {
  if (advances.size === 1) return advanceOne(store, run, ...[...advances][0]!);
  const sessions = store.sessions.collectionName;
  const updates = [...advances].map(([sessionId, advance]) => ({
    q: openSession(sessionId),
    u: additions(advance),
  }));
  await run({ update: sessions, updates });
  const { cursor } = await run({
    find: sessions,
    filter: { sessionId: { $in: [...advances.keys()] } },
    projection: counted,
    batchSize: advances.size + 1,
  });
  const rows = cursor.firstBatch as CountedRow[];
  const refused = new Map<string, SessionStatus | null>(
    [...advances.keys()].map((sessionId) => [sessionId, null]),
  );
  for (const { sessionId, status, eventCount } of rows) {
    const advance = advances.get(sessionId)!;
    if (hasEnded(status)) refused.set(sessionId, status);
    else {
      refused.delete(sessionId);
      advance.position = eventCount - advance.added;
    }
  }
  return refused;
}

/** The same for a single session, with one command less. */
async function advanceOne(store: Store, run: RunCommand, sessionId: string, advance: Advance) {
  const refused = new Map<string, SessionStatus | null>();
  const sessions = store.sessions.collectionName;
  const reply = await run({
    findAndModify: sessions,
    query: openSession(sessionId),
    update: additions(advance),
    fields: counted,
    new: true,
  });
  const row = reply.value as CountedRow | null;
  if (row !== null) advance.position = row.eventCount - advance.added;
  else {
    const { cursor } = await run({ find: sessions, filter: { sessionId }, projection: counted, limit: 1 });
    const [closed] = cursor.firstBatch as CountedRow[];
    refused.set(sessionId, closed?.status ?? null);
  }
  return refused;
}

const counted = { _id: 0, sessionId: 1, status: 1, eventCount: 1 };
type CountedRow = Pick<SessionRow, 'sessionId' | 'status' | 'eventCount'>;

function openSession(sessionId: string): mongo.Filter<mongo.Document> {
  // Without a condition on status, which has another index: with one candidate index there is no planning.
  return { sessionId, endedAt: null };
}

function additions({ added, lastEventAt }: Advance): mongo.UpdateFilter<mongo.Document> {
  return {
    $inc: { eventCount: added },
    $max: { lastEventAt },
    $set: { status: SessionStatus.ACTIVE },
  };
}

const longestLookMs = 1_000;

/**
 * Whether the open transaction of someone else holds the session, or its shard cannot be written just now. Any other
 * failure is for the next batch to tell.
 */
export async function isHeld(
  store: Store,
  session: mongo.ClientSession,
  sessionId: string,
): Promise<boolean> {
  // Rolled back at once, but it must change something: a no-op write never conflicts.
  const update = { q: { sessionId }, u: { $inc: { eventCount: 1 } } };
  try {
    await undone(session, () =>
      inTransactionOf(store, session, Date.now() + longestLookMs, {
        update: store.sessions.collectionName,
        updates: [update],
      }),
    );
    return false;
  } catch (error) {
    return isTransient(error);
  }
}

/** The key of an event. */
export type EventKey = Pick<NewEvent, 'sessionId' | 'eventId'>;

/**
 * The stored rows of `keys`, with majority read concern. `session` has seen the failed insert: with it, the read waits
 * until the majority has that state.
 */
export function findStored(
  store: Store,
  session: mongo.ClientSession,
  deadline: number,
  keys: readonly EventKey[],
): Promise<EventRow[]> {
  const eventIds = new Map<string, string[]>();
  for (const { sessionId, eventId } of keys) {
    const ids = eventIds.get(sessionId);
    if (ids === undefined) eventIds.set(sessionId, [eventId]);
    else ids.push(eventId);
  }
  const filters = [...eventIds].map(([sessionId, ids]) => ({ sessionId, eventId: { $in: ids } }));
  return store.events
    .find(filters.length === 1 ? filters[0]! : { $or: filters }, {
      session,
      projection: { _id: 0 },
      readPreference: 'primary',
      batchSize: keys.length + 1,
      maxTimeMS: Math.max(1, deadline - Date.now()),
    })
    .toArray() as Promise<EventRow[]>;
}
