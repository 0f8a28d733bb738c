import type { Config } from '../config';
import type { Database } from '../database/database';
import type { Log } from '../log';
import { type Measurements, unmeasured } from '../measurements';
import type { Tracing } from '../tracing';
import { Reader } from '../store/reader';
import type { RequestScope } from '../store/request-scope';
import { openStore } from '../store/store';
import { TransactionSessions } from '../store/transaction-sessions';
import { BatchStorer } from './event-batch-storer';
import { EventService } from './event-service';
import { EventWriter } from './event-writer';
import { LiveService } from './live/live-service';
import { SessionFeeds } from './live/session-feeds';
import { SessionChanges } from './session-changes';
import { SessionService } from './session-service';

/** The rules of one app, on its database. */
export interface Services {
  readonly sessions: SessionService;
  readonly events: EventService;
  readonly live: LiveService;
  /** What one operation reads; made anew for each. */
  reader(scope?: RequestScope | null): Reader;
  /** Takes no more events; resolves when those that wait are stored and answered. */
  close(): Promise<void>;
}

/** Who is told of what the services do; null if nobody is. */
export interface Onlookers {
  readonly metrics: Measurements | null;
  readonly tracing: Tracing | null;
}

const nobody: Onlookers = { metrics: null, tracing: null };

/** The services on `database`, with its collections and indexes in place. */
export async function createServices(
  database: Database,
  config: Config,
  log: Log,
  { metrics, tracing }: Onlookers = nobody,
): Promise<Services> {
  const store = await openStore(database.connection, config.autoIndex ? 'build' : 'require', log);
  const changes = new SessionChanges();
  const transactions = new TransactionSessions(store, log);
  const measurements = metrics ?? unmeasured;
  const storer = new BatchStorer({ store, sessions: transactions, log, changes, measurements });
  const limits = {
    lanes: config.writerLanes,
    maxEvents: config.maxQueuedEvents,
    maxBytes: config.maxQueuedBytes,
    timeoutMs: config.requestTimeoutMs,
  };
  const writer = new EventWriter(storer, limits, tracing);
  metrics?.watchQueue(() => writer.queue());
  const { readPreference, readTimeoutMs: timeoutMs } = config;
  const { isShared } = database;
  const feeds = new SessionFeeds(store, changes, { timeoutMs, isShared }, log);
  metrics?.watchSubscriptions(() => feeds.subscriberCount);
  return {
    sessions: new SessionService(store, transactions, config.requestTimeoutMs, changes),
    events: new EventService(writer),
    live: new LiveService(feeds),
    reader: (scope = null) => new Reader(store, { readPreference, timeoutMs, scope }),
    async close() {
      feeds.close();
      await writer.close();
      await transactions.close();
    },
  };
}
