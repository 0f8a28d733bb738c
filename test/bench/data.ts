import { mongo } from 'mongoose';
import type { SessionRow } from '../../src/store/session.model';
import { SessionStatus } from '../../src/store/session-status';
import type { Store } from '../../src/store/store';
import { loadCalls } from '../generate/load';
import { benchEvents } from './workloads';

/** Sessions that wait for events. Resolves to their ids. */
export async function openSessions(store: Store, count: number): Promise<string[]> {
  const rows = Array.from({ length: count }, (_, index) => session(`bench-${index}`, 0));
  await store.sessions.insertMany(rows);
  return rows.map(({ sessionId }) => sessionId);
}

/** Realistic calls. Resolves to the ids of those with at least `least` events. */
export async function recordedCalls(store: Store, least: number): Promise<string[]> {
  await loadCalls(store, { sessions: 100, events: 50_000, seed: 1 }, () => undefined);
  const long = await store.sessions.find({ eventCount: { $gte: least } }).toArray();
  return long.map(({ sessionId }) => sessionId);
}

/** Sessions of 500 events with a payload of a kibibyte each. Resolves to their ids. */
export async function heavyCalls(store: Store): Promise<string[]> {
  const sessionIds = Array.from({ length: 8 }, (_, index) => `heavy-${index}`);
  for (const sessionId of sessionIds) {
    const events = benchEvents({ run: 'heavy', sessionIds: [sessionId] }, 0, 500).map((event) => ({
      ...event,
      payload: { text: 'x'.repeat(1000), confidence: 0.97 },
    }));
    await store.events.insertMany(events as never);
    await store.sessions.insertOne(session(sessionId, events.length));
  }
  return sessionIds;
}

function session(sessionId: string, eventCount: number): SessionRow {
  return {
    _id: new mongo.ObjectId(),
    sessionId,
    status: eventCount > 0 ? SessionStatus.ACTIVE : SessionStatus.INITIATED,
    language: 'en',
    metadata: {},
    labels: [],
    startedAt: new Date('2026-01-01T00:00:00Z'),
    endedAt: null,
    eventCount,
    lastEventAt: null,
  };
}
