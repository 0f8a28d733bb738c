import DataLoader from 'dataloader';
import type { Log } from '../../log';
import type { StoredChange } from '../../store/change-stream';
import { LiveReads, type LiveSessionRow } from '../../store/live-reads';
import type { Store } from '../../store/store';
import type { SessionChanges } from '../session-changes';
import { CatchUp } from './catch-up';
import { FeedReader } from './feed-reader';
import { RemoteChanges } from './remote-changes';
import { SessionFeed } from './session-feed';

/** How long to keep listening after the last subscriber has left, because the next may come soon. */
const lingerMs = 30_000;
const sessionsPerRead = 500;

export interface SessionFeedsOptions {
  /** The maximum time of one read in the database, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether other processes can write to the database. */
  readonly isShared: boolean;
}

/** The watched sessions of one process, one feed each, and what wakes them. */
export class SessionFeeds {
  private readonly feeds = new Map<string, SessionFeed>();
  private readonly byStoredId = new Map<string, SessionFeed>();
  private readonly catchUp: CatchUp;
  private readonly reader: FeedReader;
  private readonly remote: RemoteChanges;
  private readonly states: DataLoader<string, LiveSessionRow | null>;
  private readonly stopListening: () => void;
  private linger: NodeJS.Timeout | undefined;

  constructor(store: Store, changes: SessionChanges, options: SessionFeedsOptions, log: Log) {
    const reads = new LiveReads(store, options.timeoutMs);
    this.catchUp = new CatchUp(reads, log);
    this.reader = new FeedReader(reads, log);
    this.states = newStateLoader(reads);
    const handler = {
      onChange: (change: StoredChange) => this.takeChange(change),
      onUnknown: () => this.wakeAll(),
    };
    this.remote = new RemoteChanges(store, handler, options.isShared, log);
    this.stopListening = changes.listen((sessionId, change) => {
      const feed = this.feeds.get(sessionId);
      if (feed === undefined) return;
      if (change === 'events') this.reader.wakeEvents(feed);
      else this.reader.wakeSession(feed);
    });
  }

  /**
   * Joins the feed of a session: calls `join` with the feed and the session's current state, after which no change is
   * missed. Null if there is no such session.
   * @throws the driver's errors
   */
  async join<Stream>(
    sessionId: string,
    join: (feed: SessionFeed, now: LiveSessionRow) => Stream,
  ): Promise<Stream | null> {
    const feed = this.feedOf(sessionId);
    feed.hold();
    try {
      const row = await this.states.load(sessionId);
      if (row === null) return null;
      feed.takeSession(row);
      this.byStoredId.set(feed.storedId!, feed);
      return join(feed, row);
    } finally {
      feed.release();
    }
  }

  /** How many subscriptions are open. */
  get subscriberCount(): number {
    let count = 0;
    for (const feed of this.feeds.values()) count += feed.subscriberCount;
    return count;
  }

  close(): void {
    this.stopListening();
    clearTimeout(this.linger);
    this.remote.close();
    this.reader.close();
  }

  private feedOf(sessionId: string): SessionFeed {
    let feed = this.feeds.get(sessionId);
    if (feed === undefined) {
      feed = new SessionFeed(sessionId, this.catchUp, (unused) => this.drop(unused));
      this.feeds.set(sessionId, feed);
      clearTimeout(this.linger);
      this.remote.start();
    }
    return feed;
  }

  private drop(feed: SessionFeed): void {
    this.feeds.delete(feed.sessionId);
    if (feed.storedId !== undefined) this.byStoredId.delete(feed.storedId);
    this.reader.forget(feed);
    if (this.feeds.size > 0) return;
    clearTimeout(this.linger);
    this.linger = setTimeout(() => this.remote.close(), lingerMs).unref();
  }

  private takeChange(change: StoredChange): void {
    if (change.kind === 'event') {
      const feed = this.feeds.get(change.sessionId);
      if (feed !== undefined) this.reader.wakeEvents(feed);
    } else {
      const feed = this.byStoredId.get(change.storedId);
      if (feed !== undefined) this.reader.wakeSession(feed);
    }
  }

  private wakeAll(): void {
    for (const feed of this.feeds.values()) this.reader.wakeSession(feed);
  }
}

/** Batches lookups of one tick into one command. Caches nothing, because each lookup needs the current state. */
function newStateLoader(reads: LiveReads): DataLoader<string, LiveSessionRow | null> {
  return new DataLoader(
    async (sessionIds: readonly string[]) => {
      const rows = await reads.sessions([...new Set(sessionIds)]);
      const bySession = new Map(rows.map((row) => [row.sessionId, row]));
      return sessionIds.map((sessionId) => bySession.get(sessionId) ?? null);
    },
    { cache: false, maxBatchSize: sessionsPerRead },
  );
}
