import { isDeepStrictEqual } from 'node:util';
import type { EventInput, StoredEvent, StoredSession } from '../process/session-client';

/** What the service promises, as simply as it can be said: the whole of it in one process's memory. */
export interface ModelSession {
  language: string;
  status: StoredSession['status'];
  /** In the order in which they were stored: the first one has position 1. */
  events: StoredEvent[];
}

/** What the service must answer to one event. */
export type ExpectedAddition =
  | { kind: 'created'; position: number }
  | { kind: 'duplicate'; event: StoredEvent }
  | { kind: 'refused'; code: 'SESSION_NOT_FOUND' | 'SESSION_COMPLETED' | 'EVENT_CONFLICT' };

export class SessionModel {
  readonly sessions = new Map<string, ModelSession>();

  /** True where it is new. */
  create(sessionId: string, language: string): boolean {
    if (this.sessions.has(sessionId)) return false;
    this.sessions.set(sessionId, { language, status: 'INITIATED', events: [] });
    return true;
  }

  /** First: is it stored already? Then: is there a session? Then: is it open? Changes nothing. */
  expectAddition(input: EventInput): ExpectedAddition {
    const session = this.sessions.get(input.sessionId);
    const stored = session?.events.find(({ eventId }) => eventId === input.eventId);
    if (stored) {
      return sameContent(stored, input)
        ? { kind: 'duplicate', event: stored }
        : { kind: 'refused', code: 'EVENT_CONFLICT' };
    }
    if (!session) return { kind: 'refused', code: 'SESSION_NOT_FOUND' };
    if (hasEnded(session)) return { kind: 'refused', code: 'SESSION_COMPLETED' };
    return { kind: 'created', position: session.events.length + 1 };
  }

  store(sessionId: string, event: StoredEvent): void {
    const session = this.sessions.get(sessionId);
    if (!session) throw new Error(`the model has no session ${sessionId}`);
    session.events.push(event);
    session.status = 'ACTIVE';
  }

  /** True where it ended now; null where there is no such session. */
  complete(sessionId: string, outcome: 'COMPLETED' | 'FAILED'): boolean | null {
    const session = this.sessions.get(sessionId);
    if (!session) return null;
    if (hasEnded(session)) return false;
    session.status = outcome;
    return true;
  }

  /** Conversation order: by time, and by position where the time is the same. */
  conversation(sessionId: string): StoredEvent[] {
    const events = this.sessions.get(sessionId)?.events ?? [];
    return events.toSorted(
      (a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp) || a.position - b.position,
    );
  }
}

export function hasEnded({ status }: ModelSession): boolean {
  return status === 'COMPLETED' || status === 'FAILED';
}

/** An unsent timestamp always agrees; the order of a payload's keys says nothing. */
export function sameContent(stored: StoredEvent, sent: EventInput): boolean {
  const sameTime =
    sent.timestamp === undefined || Date.parse(sent.timestamp) === Date.parse(stored.timestamp);
  return sameTime && stored.type === sent.type && isDeepStrictEqual(stored.payload, sent.payload);
}
