import { randomUUID } from 'node:crypto';
import { type Attack, operation, repeat } from './attack';

const largeSession = 'hostile-large';
const page = `session(sessionId:"${largeSession}"){events(first:500){nodes{payload}}}`;

/** Writes and reads of as much as a request may hold. */
export const payloads: readonly Attack[] = [
  operation(
    'events of the maximum size',
    () =>
      `mutation($events:[AddEventInput!]!){createSession(input:{sessionId:"${largeSession}",language:"en"}){created} addEvents(input:{events:$events}){createdCount}}`,
    () => ({
      events: Array.from({ length: 60 }, () => ({
        sessionId: largeSession,
        eventId: randomUUID(),
        type: 'SYSTEM',
        payload: { text: 'x'.repeat(250_000) },
      })),
    }),
  ),
  operation('a page of events of the maximum size', () => `{${page}}`),
  operation('the same page several times', () => `{${repeat(3, (n) => `a${n}:${page}`)}}`),
];
