import { randomUUID } from 'node:crypto';
import {
  type AddEventInput,
  AddEventDocument,
  AddEventsDocument,
  CreateSessionDocument,
} from '../generated/operations';
import type { TestClient } from '../support/test-client';

/** An id that no other test has. */
export function newId(kind = 'session'): string {
  return `${kind}-${randomUUID()}`;
}

/** A new session, open and empty, unless `input` says otherwise. */
export async function newSession(app: TestClient, input: object = {}): Promise<string> {
  const sessionId = newId();
  await app.execute(CreateSessionDocument, { input: { sessionId, language: 'en', ...input } });
  return sessionId;
}

/** What a client sends to say something. */
export function speech(sessionId: string, eventId: string, more: Partial<AddEventInput> = {}): AddEventInput {
  return { sessionId, eventId, type: 'USER_SPEECH', payload: { text: `I said ${eventId}` }, ...more };
}

/** Adds one event and returns it as stored. */
export async function addEvent(app: TestClient, input: AddEventInput) {
  return (await app.execute(AddEventDocument, { input })).addEvent;
}

/** Adds events e1 … e<count>, all of one millisecond unless `at` says otherwise. */
export async function addMany(app: TestClient, sessionId: string, count: number, at?: (n: number) => string) {
  const events = Array.from({ length: count }, (_, index) =>
    speech(sessionId, `e${index + 1}`, {
      timestamp: at?.(index + 1) ?? '2026-03-01T10:00:00.000Z',
      type: index % 2 === 0 ? 'USER_SPEECH' : 'BOT_SPEECH',
    }),
  );
  return (await app.execute(AddEventsDocument, { input: { events } })).addEvents;
}
