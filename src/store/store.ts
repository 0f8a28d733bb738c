import { buildSchema } from '@typegoose/typegoose';
import type { Connection, mongo, Schema } from 'mongoose';
import { Event, type EventRow } from './event.model';
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
}

/** The store on `connection`, with its collections and indexes in place. */
export async function openStore(connection: Connection): Promise<Store> {
  const sessions = await openCollection<SessionRow>(
    connection,
    'Session',
    buildSchema(Session),
    addMissingDurations,
  );
  const events = await openCollection<EventRow>(connection, 'Event', buildSchema(Event));
  const client = connection.getClient();
  const { versionArray } = await client.db('admin').command({ buildInfo: 1 });
  const database = client.db(connection.name);
  return { client, database, sessions, events, hasUnions: hasUnions(versionArray) };
}

function hasUnions([major, minor]: readonly number[]): boolean {
  return major! > 4 || (major === 4 && minor! >= 4);
}

/**
 * The models belong to the connection, so that several apps of one process keep apart.
 * @param prepare makes ready what the indexes are to have
 */
async function openCollection<Row extends object>(
  connection: Connection,
  name: string,
  schema: Schema,
  prepare?: (collection: mongo.Collection<Row>) => Promise<void>,
) {
  const model = connection.model(name, schema);
  const collection = connection
    .getClient()
    .db(connection.name)
    .collection<Row>(model.collection.collectionName);
  const indexes = schema.indexes().map(([key, { unique, partialFilterExpression }]) => ({
    key: key as Record<string, mongo.IndexDirection>,
    ...(unique === true && { unique }),
    ...(partialFilterExpression && { partialFilterExpression }),
  }));
  await prepare?.(collection);
  // Before any transaction, which could not create a collection on MongoDB 4.2.
  await collection.createIndexes(indexes);
  return collection;
}
