import type { Config } from '../config';
import type { Database } from '../database/database';
import type { Log } from '../log';
import { type Measurements, noMeasurements } from '../measurements';
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

/** The services of one app, on its database. */
export interface Services {
  readonly sessions: SessionService;
  readonly events: EventService;
  readonly live: LiveService;
  /** Creates the reader of one operation. */
  reader(scope?: RequestScope | null): Reader;
  /** Accepts no more events; resolves when the queued ones are stored. */
  close(): Promise<void>;
}

/** The observers of the services; null if there are none. */
export interface Observers {
  readonly metrics: Measurements | null;
  readonly tracing: Tracing | null;
}

const noObservers: Observers = { metrics: null, tracing: null };

/** Opens the services on `database` and prepares its collections and indexes. */
export async function createServices(
  database: Database,
  config: Config,
  log: Log,
  { metrics, tracing }: Observers = noObservers,
): Promise<Services> {
  const store = await openStore(database.connection, config.autoIndex ? 'build' : 'require', log);
  const changes = new SessionChanges();
  const transactions = new TransactionSessions(store, log);
  const measurements = metrics ?? noMeasurements;
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
