import type { Connection, mongo } from 'mongoose';
import type { Log } from '../log';

const collectionName = 'rateLimits';
/** How often expired rows are deleted. A TTL index would do it only on MongoDB. */
const cleanUpMs = 60_000;

/** Where the processes of a deployment share what their callers have spent. */
export interface RateLimitCollection {
  readonly database: mongo.Db;
  readonly name: string;
  close(): void;
}

/**
 * The collection with its indexes. Its rows are soon worth nothing, so no write waits for the disk or for other members
 * of the replica set.
 */
export async function openRateLimitCollection(
  connection: Connection,
  log: Log,
): Promise<RateLimitCollection> {
  const database = connection.getClient().db(connection.name, { writeConcern: { w: 1, journal: false } });
  const collection = database.collection(collectionName);
  // Two processes that meet a new caller at the same moment must not both insert it.
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
