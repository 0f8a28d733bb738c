import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log';
import type { EventRow } from '../../store/event.model';
import type { LiveReads } from '../../store/live-reads';
import type { SessionFeed } from './session-feed';

/** The maximum number of sessions in one command. */
const sessionsPerRead = 100;
/** The maximum number of events in one command. */
const eventsPerRead = 500;
/** The pause before known events that are not visible yet are read again. */
const lateMs = 50;
const retryMs = 500;

/**
 * Reads for subscribers that keep up. While one round is in flight, wake-ups gather for the next: those of one session
 * become one read, those of many sessions one command.
 */
export class FeedReader {
  private readonly sessionsDue = new Set<SessionFeed>();
  private readonly eventsDue = new Set<SessionFeed>();
  private isRunning = false;
  private isClosed = false;

  constructor(
    private readonly reads: LiveReads,
    private readonly log: Log,
  ) {}

  /** Events may have been added. */
  wakeEvents(feed: SessionFeed): void {
    if (feed.wantsEvents) this.eventsDue.add(feed);
    if (feed.wantsSession) this.sessionsDue.add(feed);
    this.start();
  }

  /** Anything of the session may have changed. */
  wakeSession(feed: SessionFeed): void {
    this.sessionsDue.add(feed);
    this.start();
  }

  forget(feed: SessionFeed): void {
    this.sessionsDue.delete(feed);
    this.eventsDue.delete(feed);
  }

  close(): void {
    this.isClosed = true;
    this.sessionsDue.clear();
    this.eventsDue.clear();
  }

  private start(): void {
    if (this.isRunning || this.isClosed || this.sessionsDue.size + this.eventsDue.size === 0) return;
    this.isRunning = true;
    // After all other wake-ups of this turn.
    setImmediate(() => void this.run());
  }

  private async run(): Promise<void> {
    while (this.sessionsDue.size + this.eventsDue.size > 0) {
      const sessions = takeSome(this.sessionsDue);
      const events = takeSome(this.eventsDue);
      try {
        await Promise.all([this.readSessions(sessions), this.readEvents(events)]);
      } catch (error) {
        this.log.debug({ err: error }, 'watched sessions cannot be read, retrying');
        if (!this.isClosed) for (const feed of sessions) this.sessionsDue.add(feed);
        if (!this.isClosed) for (const feed of events) this.eventsDue.add(feed);
        await sleep(retryMs);
      }
    }
    this.isRunning = false;
  }

  private async readSessions(feeds: readonly SessionFeed[]): Promise<void> {
    if (feeds.length === 0) return;
    const rows = await this.reads.sessions(feeds.map(({ sessionId }) => sessionId));
    const bySession = new Map(rows.map((row) => [row.sessionId, row]));
    for (const feed of feeds) {
      const row = bySession.get(feed.sessionId);
      if (row === undefined) continue;
      feed.takeSession(row);
      if (feed.lacksEvents) this.eventsDue.add(feed);
    }
  }

  private async readEvents(feeds: readonly SessionFeed[]): Promise<void> {
    if (feeds.length === 0) return;
    const places = feeds.map(({ sessionId, readPosition }) => ({ sessionId, position: readPosition }));
    const rows = await this.reads.eventsBeyond(places, eventsPerRead);
    const bySession = groupBySession(rows);
    for (const feed of feeds) {
      const found = bySession.get(feed.sessionId);
      if (found !== undefined) feed.takeEvents(found);
      if (rows.length === eventsPerRead) this.eventsDue.add(feed);
      else if (feed.lacksEvents) this.wakeLater(feed);
    }
  }

  private wakeLater(feed: SessionFeed): void {
    setTimeout(() => {
      if (feed.lacksEvents) this.wakeEvents(feed);
    }, lateMs).unref();
  }
}

function takeSome(due: Set<SessionFeed>): SessionFeed[] {
  const some: SessionFeed[] = [];
  for (const feed of due) {
    if (some.length === sessionsPerRead) break;
    some.push(feed);
    due.delete(feed);
  }
  return some;
}

function groupBySession(rows: readonly EventRow[]): Map<string, EventRow[]> {
  const groups = new Map<string, EventRow[]>();
  for (const row of rows) {
    const group = groups.get(row.sessionId);
    if (group === undefined) groups.set(row.sessionId, [row]);
    else group.push(row);
  }
  return groups;
}
