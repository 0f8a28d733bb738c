import type { Connection, mongo } from 'mongoose';
import type { Log } from '../log';

const collectionName = 'rateLimits';
/** How often expired rows are deleted. A TTL index would do it only on MongoDB. */
const cleanUpMs = 60_000;

/** The collection in which processes share the spent points of callers. */
export interface RateLimitCollection {
  readonly database: mongo.Db;
  readonly name: string;
  close(): void;
}

/**
 * Opens the collection with its indexes. Its rows expire soon, so writes wait neither for the disk nor for other members of
 * the replica set.
 */
export async function openRateLimitCollection(
  connection: Connection,
  log: Log,
): Promise<RateLimitCollection> {
  const database = connection.getClient().db(connection.name, { writeConcern: { w: 1, journal: false } });
  const collection = database.collection(collectionName);
  // Two processes that see a new caller at the same time must not both insert it.
  await collection.createIndex({ key: 1 }, { unique: true });
  await collection.createIndex({ expire: 1 });
  const timer = setInterval(() => void cleanUp(collection, log), cleanUpMs).unref();
  return { database, name: collectionName, close: () => clearInterval(timer) };
}

async function cleanUp(collection: mongo.Collection, log: Log): Promise<void> {
  try {
    await collection.deleteMany({ expire: { $lt: new Date() } });
  } catch (error) {
    log.debug({ err: error }, 'expired rate limits could not be deleted');
  }
}
