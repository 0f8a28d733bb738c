import { CommandRunner } from './command-runner';
import type { EventRow } from './event.model';
import type { SessionRow } from './session.model';
import type { Store } from './store';

/** A place in the stored order of a session's events. */
export interface StoredPlace {
  readonly sessionId: string;
  readonly position: number;
}

/** A session without what only searches need. */
export type LiveSessionRow = Omit<SessionRow, 'labels'>;

/** The stored order, as the index has it. Named in each command: no trial of plans ever picks another one. */
const storedOrder = { sessionId: 1, position: 1 } as const;

/**
 * What live readers read: for many sessions in one command, as a majority has it. From the primary, where a change that
 * was just acknowledged is visible, and from a secondary only while there is no primary.
 */
export class LiveReads {
  constructor(
    private readonly store: Store,
    private readonly timeoutMs: number,
  ) {}

  /** The sessions of these ids that exist, in no order. */
  sessions(sessionIds: readonly string[]): Promise<LiveSessionRow[]> {
    const sessionId = sessionIds.length === 1 ? sessionIds[0] : { $in: [...sessionIds] };
    const request = { filter: { sessionId }, projection: { labels: 0 }, limit: sessionIds.length };
    return this.runner().find(this.store.sessions.collectionName, request);
  }

  /** At most `limit` events beyond these places; those of one session in stored order. */
  eventsBeyond(places: readonly StoredPlace[], limit: number): Promise<EventRow[]> {
    const beyond = places.map(({ sessionId, position }) => ({ sessionId, position: { $gt: position } }));
    const request = {
      filter: beyond.length === 1 ? beyond[0]! : { $or: beyond },
      hint: storedOrder,
      projection: { _id: 0 },
      limit,
      // Only one session's events are read page by page; of many sessions few events are expected.
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
