import 'reflect-metadata';
import { mongo } from 'mongoose';
import { readConfig } from '../../src/config';
import { openDatabase } from '../../src/database/database';
import { type EventRow } from '../../src/store/event.model';
import { labelsOf } from '../../src/store/labels';
import { type SessionRow } from '../../src/store/session.model';
import { SessionStatus } from '../../src/store/session-status';
import { openStore } from '../../src/store/store';
import { quietLog } from '../process/quiet-log';

const minute = 60_000;
const firstStart = Date.parse('2026-01-01T00:00:00Z');
const sessionsPerInsert = 1000;

/** The id of the session with this number. */
export function numberedSession(number: number): string {
  return `numbered-${number}`;
}

/** Fills a database with ended sessions, one a minute, each with so many events. Writes past the API, in large batches. */
export async function fillDatabase(
  settings: Readonly<Record<string, string>>,
  sessions: number,
  eventsEach: number,
): Promise<void> {
  const database = await openDatabase(readConfig(settings), quietLog);
  try {
    const store = await openStore(database.connection);
    for (let from = 0; from < sessions; from += sessionsPerInsert) {
      const numbers = Array.from(
        { length: Math.min(sessionsPerInsert, sessions - from) },
        (_, n) => from + n,
      );
      await store.sessions.insertMany(numbers.map((number) => session(number, eventsEach)));
      const events = numbers.flatMap((number) => eventsOf(number, eventsEach));
      for (let at = 0; at < events.length; at += 5000)
        await store.events.insertMany(events.slice(at, at + 5000));
    }
  } finally {
    await database.close();
  }
}

function session(number: number, eventCount: number): SessionRow {
  const startedAt = new Date(firstStart + number * minute);
  const metadata = { userId: `user-${number % 1000}`, channel: number % 2 ? 'phone' : 'web' };
  return {
    _id: new mongo.ObjectId(),
    sessionId: numberedSession(number),
    status: SessionStatus.COMPLETED,
    language: number % 3 ? 'en' : 'de',
    metadata,
    labels: labelsOf(metadata),
    startedAt,
    endedAt: new Date(startedAt.getTime() + minute),
    durationMs: minute,
    eventCount,
    lastEventAt: eventCount > 0 ? startedAt : null,
  };
}

function eventsOf(number: number, count: number): EventRow[] {
  const timestamp = new Date(firstStart + number * minute);
  return Array.from({ length: count }, (_, index) => ({
    _id: new mongo.ObjectId(),
    sessionId: numberedSession(number),
    eventId: `e${index}`,
    type: 'SYSTEM',
    payload: { index },
    timestamp,
    receivedAt: timestamp,
    position: index + 1,
  })) as EventRow[];
}
