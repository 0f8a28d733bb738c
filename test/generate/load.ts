import { mongo } from 'mongoose';
import type { EventRow } from '../../src/store/event.model';
import { labelsOf } from '../../src/store/labels';
import type { SessionRow } from '../../src/store/session.model';
import type { Store } from '../../src/store/store';
import { generateCalls, type Amount, type GeneratedEvent, type GeneratedSession } from './calls';

/** How far loading has come. `known`: rows that were there already, of an earlier load with the same numbers. */
export interface Progress {
  readonly sessions: number;
  readonly events: number;
  readonly known: number;
}

const rowsPerInsert = 1000;
const batchesInFlight = 4;
const duplicateKey = 11000;

/**
 * Generates calls straight into the collections, with the `_id`s decided by the seed: doing it again adds nothing, and
 * goes on where it was stopped. A session is inserted after all of its events. `tell` hears of every thousand rows.
 */
export async function loadCalls(
  store: Pick<Store, 'sessions' | 'events'>,
  amount: Amount,
  tell: (progress: Progress) => void,
): Promise<Progress> {
  const inserts = new Set<Promise<void>>();
  const done = { sessions: 0, events: 0, known: 0 };
  const insert = async <Row extends object>(
    name: 'sessions' | 'events',
    collection: mongo.Collection<Row>,
    rows: Row[],
  ): Promise<void> => {
    done.known += await insertUnlessKnown(collection, rows);
    done[name] += rows.length;
    tell(done);
  };
  let eventsBefore: Promise<unknown> = Promise.resolve();
  const send = async (events: EventRow[], sessions: SessionRow[]): Promise<void> => {
    eventsBefore = Promise.all([eventsBefore, insert('events', store.events, events)]);
    const inserting = eventsBefore
      .then(() => insert('sessions', store.sessions, sessions))
      .finally(() => inserts.delete(inserting));
    inserts.add(inserting);
    if (inserts.size >= batchesInFlight) await Promise.race(inserts);
  };

  const sessions: SessionRow[] = [];
  const events: EventRow[] = [];
  let index = 0;
  for (const generated of generateCalls(amount)) {
    const _id = seededId(amount.seed, (index += 1));
    if ('event' in generated) events.push(eventRow(_id, generated.event));
    else sessions.push(sessionRow(_id, generated.session));
    if (Math.max(events.length, sessions.length) === rowsPerInsert)
      await send(events.splice(0), sessions.splice(0));
  }
  await send(events, sessions);
  await Promise.all(inserts);
  return done;
}

function eventRow(_id: mongo.ObjectId, event: GeneratedEvent): EventRow {
  return { _id, ...event } as EventRow;
}

function sessionRow(_id: mongo.ObjectId, session: GeneratedSession): SessionRow {
  return { _id, ...session, labels: labelsOf(session.metadata) } as SessionRow;
}

/** Resolves to how many of the rows were there already. */
async function insertUnlessKnown<Row extends object>(
  collection: mongo.Collection<Row>,
  rows: Row[],
): Promise<number> {
  if (rows.length === 0) return 0;
  try {
    await collection.insertMany(rows as mongo.OptionalUnlessRequiredId<Row>[], { ordered: false });
    return 0;
  } catch (error) {
    if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
    if ([error.writeErrors].flat().some(({ code }) => code !== duplicateKey)) throw error;
    return rows.length - error.insertedCount;
  }
}

/** An `_id` that is the same for the same seed and place, and grows with the place. */
function seededId(seed: number, index: number): mongo.ObjectId {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(seed, 0);
  bytes.writeUIntBE(index, 6, 6);
  return new mongo.ObjectId(bytes);
}
