import { buildSchema } from '@typegoose/typegoose';
import type { Connection, mongo } from 'mongoose';
import type { Log } from '../log';
import { EventLoopTurns } from '../event-loop-turns';
import { FairQueue } from '../fair-queue';
import { buildIndexes, requireIndexes, wantedIndexes } from './collection-indexes';
import { Event, type EventRow } from './event.model';
import { addMissingDurations } from './missing-durations';
import { Session, type SessionRow } from './session.model';

/** The collections of one database, through the driver itself: plain rows, without casting or hydration. */
export interface Store {
  readonly client: mongo.MongoClient;
  readonly database: mongo.Db;
  readonly sessions: mongo.Collection<SessionRow>;
  readonly events: mongo.Collection<EventRow>;
  /** Whether one command can read several ranges ($unionWith, from MongoDB 4.4 on). */
  readonly hasUnions: boolean;
  /** Whether it is a sharded cluster, where a command over two collections takes another hop. */
  readonly isSharded: boolean;
  /** For reads that examine far more than they return: counts with a filter, statistics, several filters. */
  readonly expensiveReads: FairQueue;
  /** For reads that return many rows, by their number. */
  readonly largeReads: FairQueue;
  /** The turns in which large replies are processed. */
  readonly turns: EventLoopTurns;
}

/** The collections and the indexes that their models declare. */
export const models = [
  { name: 'Session', collection: 'sessions', schema: buildSchema(Session) },
  { name: 'Event', collection: 'events', schema: buildSchema(Event) },
] as const;

/** Whether to build missing indexes at start, or only to check for the required ones. */
export type IndexPolicy = 'build' | 'require';

/**
 * Opens the store on `connection` and prepares its collections and indexes.
 * @throws DatabaseOpenError if an index conflicts, or a required one is missing and must not be built
 */
export async function openStore(
  connection: Connection,
  indexes: IndexPolicy = 'build',
  log?: Log,
): Promise<Store> {
  const store = await attachStore(connection);
  if (indexes === 'build') await buildAllIndexes(store, log);
  else
    for (const { collection, schema } of models)
      await requireIndexes(store.database.collection(collection), wantedIndexes(schema), log);
  return store;
}

/**
 * Creates the collections, builds missing indexes, and adds the fields that stored documents lack for them. Run it before
 * any transaction, which could not create a collection on MongoDB 4.2.
 */
export async function buildAllIndexes(store: Store, log?: Log): Promise<void> {
  await addMissingDurations(store.sessions);
  for (const { collection, schema } of models)
    await buildIndexes(store.database.collection(collection), wantedIndexes(schema), log);
}

/** The store on `connection`, without creating anything. */
export async function attachStore(connection: Connection): Promise<Store> {
  // Models belong to the connection, so that several apps in one process stay separate.
  for (const { name, schema } of models) connection.model(name, schema);
  const client = connection.getClient();
  const admin = client.db('admin');
  const { versionArray } = await admin.command({ buildInfo: 1 });
  const hello = await admin.command({ hello: 1 }).catch(() => admin.command({ isMaster: 1 }));
  const database = client.db(connection.name);
  return {
    client,
    database,
    sessions: database.collection<SessionRow>('sessions'),
    events: database.collection<EventRow>('events'),
    hasUnions: hasUnions(versionArray),
    isSharded: hello.msg === 'isdbgrid',
    // The second one uses the database while the first waits for the disk.
    expensiveReads: new FairQueue(2),
    // Replies that arrive together are decoded together: so many rows take some 50 ms.
    largeReads: new FairQueue(10_000),
    turns: new EventLoopTurns(),
  };
}

function hasUnions([major, minor]: readonly number[]): boolean {
  return major! > 4 || (major === 4 && minor! >= 4);
}
