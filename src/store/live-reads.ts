import { CommandRunner } from './command-runner';
import type { EventRow } from './event.model';
import type { SessionRow } from './session.model';
import type { Store } from './store';

/** A place in the stored order of a session's events. */
export interface StoredPlace {
  readonly sessionId: string;
  readonly position: number;
}

/** A session without the fields that only filters need. */
export type LiveSessionRow = Omit<SessionRow, 'labels'>;

/** The index of the stored order, given as a hint, so that the planner never picks another one. */
const storedOrder = { sessionId: 1, position: 1 } as const;

/**
 * The reads of live subscribers: many sessions in one command, with majority read concern. From the primary, where
 * acknowledged changes are visible at once, and from a secondary only while there is no primary.
 */
export class LiveReads {
  constructor(
    private readonly store: Store,
    private readonly timeoutMs: number,
  ) {}

  /** The existing sessions of these ids, in any order. */
  sessions(sessionIds: readonly string[]): Promise<LiveSessionRow[]> {
    const sessionId = sessionIds.length === 1 ? sessionIds[0] : { $in: [...sessionIds] };
    const request = { filter: { sessionId }, projection: { labels: 0 }, limit: sessionIds.length };
    return this.runner().find(this.store.sessions.collectionName, request);
  }

  /** At most `limit` events after these places; those of one session in stored order. */
  eventsBeyond(places: readonly StoredPlace[], limit: number): Promise<EventRow[]> {
    const beyond = places.map(({ sessionId, position }) => ({ sessionId, position: { $gt: position } }));
    const request = {
      filter: beyond.length === 1 ? beyond[0]! : { $or: beyond },
      hint: storedOrder,
      projection: { _id: 0 },
      limit,
      // Only single sessions are read page by page; many sessions together have few new events.
      ...(beyond.length === 1 && { sort: { position: 1 } }),
    };
    return this.runner().find(this.store.events.collectionName, request);
  }

  private runner(): CommandRunner {
    return new CommandRunner(this.store, {
      readPreference: 'primaryPreferred',
      timeoutMs: this.timeoutMs,
      scope: null,
    });
  }
}
