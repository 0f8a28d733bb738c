import { buildSchema } from '@typegoose/typegoose';
import type { Connection, mongo } from 'mongoose';
import type { Log } from '../log';
import { EventLoopTurns } from '../event-loop-turns';
import { buildIndexes, requireIndexes, wantedIndexes } from './collection-indexes';
import { Event, type EventRow } from './event.model';
import { ExpensiveReads } from './expensive-reads';
import { addMissingDurations } from './missing-durations';
import { Session, type SessionRow } from './session.model';

/** The collections of one database, through the driver itself: rows in and out, nothing cast or hydrated. */
export interface Store {
  readonly client: mongo.MongoClient;
  readonly database: mongo.Db;
  readonly sessions: mongo.Collection<SessionRow>;
  readonly events: mongo.Collection<EventRow>;
  /** Whether the server can put several walks in one command: MongoDB 4.4 and later ($unionWith). */
  readonly hasUnions: boolean;
  /** Whether collections may lie on several shards, where a command over two of them takes a hop more. */
  readonly isSharded: boolean;
  /** What this process's expensive reads pass. */
  readonly expensiveReads: ExpensiveReads;
  /** In which large replies are worked on. */
  readonly turns: EventLoopTurns;
}

/** The collections and the indexes that their models ask for. */
export const models = [
  { name: 'Session', collection: 'sessions', schema: buildSchema(Session) },
  { name: 'Event', collection: 'events', schema: buildSchema(Event) },
] as const;

/** Whether a start builds the indexes that are missing, or only looks for those without which it must not start. */
export type IndexPolicy = 'build' | 'require';

/**
 * The store on `connection`, with its collections and indexes in place.
 * @throws DatabaseOpenError where an index is in the way, or is not there and must not be built
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
 * Creates the collections and builds the indexes that are missing, with what stored documents lack for them. To be done
 * before any transaction, which could not create a collection on MongoDB 4.2.
 */
export async function buildAllIndexes(store: Store, log?: Log): Promise<void> {
  await addMissingDurations(store.sessions);
  for (const { collection, schema } of models)
    await buildIndexes(store.database.collection(collection), wantedIndexes(schema), log);
}

/** The store on `connection`, as it is: nothing is created. */
export async function attachStore(connection: Connection): Promise<Store> {
  // The models belong to the connection, so that several apps of one process keep apart.
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
    expensiveReads: new ExpensiveReads(),
    turns: new EventLoopTurns(),
  };
}

function hasUnions([major, minor]: readonly number[]): boolean {
  return major! > 4 || (major === 4 && minor! >= 4);
}
