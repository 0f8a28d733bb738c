import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { type Config, isWatched } from '../config';
import type { Log } from '../log';
import { withoutSecrets } from '../mongodb-settings';

/** The database cannot be used; the message states in one line why and what to do. */
export class DatabaseOpenError extends Error {
  override readonly name = 'DatabaseOpenError';
}

const attempts = 3;
const pauseMs = 1000;
const defaultDatabase = 'conversations';

/**
 * Connects to the database at `uri`, and describes its deployment. Retries a few times if the database does not respond,
 * and logs that; without a `log`, tries once.
 * @throws DatabaseOpenError
 */
export async function connect(uri: string, config: Config, log?: Log) {
  const client = await reach(uri, config, log);
  const close = () => client.close();
  try {
    const description = await describe(client);
    // Not with the option `dbName`, which would also change authSource: that is the URI's database, or admin.
    const connection = client.useDb(config.mongodbDatabase ?? databaseOf(uri) ?? defaultDatabase);
    return { connection, description, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function reach(uri: string, config: Config, log?: Log): Promise<mongoose.Connection> {
  for (let attempt = 1; ; attempt += 1) {
    const connection = mongoose.createConnection(uri, connectOptions(config));
    try {
      return await connection.asPromise();
    } catch (error) {
      await connection.close(true).catch(() => undefined);
      const reason = (error as Error).message;
      if (!log || attempt === attempts || !isUnreachable(error)) {
        throw new DatabaseOpenError(`MONGODB_URI ${withoutSecrets(uri)} cannot be used: ${reason}`, {
          cause: error,
        });
      }
      log.warn({ attempt, attempts, reason }, 'the database does not answer, trying again');
      await sleep(pauseMs);
    }
  }
}

/** Options that DESIGN.md's promises or time limits need; all others are the driver's defaults or in the URI. */
function connectOptions(config: Config): mongoose.ConnectOptions {
  return {
    appName: 'conversation-session-service',
    // No acknowledged write is lost, and no read sees data that a failover could roll back.
    writeConcern: { w: 'majority', j: true },
    // A readConcernLevel in the URI does not override this option.
    readConcernLevel: 'majority',
    // Commands fail at once instead of waiting in a buffer.
    bufferCommands: false,
    autoCreate: false,
    autoIndex: false,
    // Costs a few microseconds per command, so only with observers; a URI may enable it too.
    ...(isWatched(config) ? { monitorCommands: true } : {}),
    serverSelectionTimeoutMS: Math.min(5000, config.requestTimeoutMs),
    connectTimeoutMS: 5000,
    // How soon a lost or returned server is noticed.
    heartbeatFrequencyMS: 1000,
    waitQueueTimeoutMS: config.requestTimeoutMs,
    // For peers that vanish silently. Longer than any command may take, so that none is cut off.
    socketTimeoutMS: Math.max(config.requestTimeoutMs, config.readTimeoutMs) + 20_000,
  };
}

/** Describes the deployment; refuses one without transactions. */
async function describe(connection: mongoose.Connection): Promise<string> {
  const admin = connection.getClient().db('admin');
  const hello = await admin.command({ hello: 1 }).catch(() => admin.command({ isMaster: 1 }));
  if (hello.msg === 'isdbgrid')
    return `MongoDB ${await version(connection)}, sharded cluster at ${hostsOf(connection)}`;
  if (typeof hello.setName !== 'string') {
    throw new DatabaseOpenError(
      `the MongoDB server at ${hostsOf(connection)} is a standalone one, and transactions need a replica set: ` +
        `start it with "mongod --replSet rs0", then run once: mongosh --eval "rs.initiate()"`,
    );
  }
  return `MongoDB ${await version(connection)}, replica set ${hello.setName} at ${hostsOf(connection)}`;
}

async function version(connection: mongoose.Connection): Promise<string> {
  const info = await connection.getClient().db('admin').command({ buildInfo: 1 });
  return String(info.version);
}

function hostsOf(connection: mongoose.Connection): string {
  return connection.getClient().options.hosts.join(',');
}

function isUnreachable(error: unknown): boolean {
  return (
    error instanceof mongoose.mongo.MongoServerSelectionError ||
    error instanceof mongoose.mongo.MongoNetworkError ||
    (error as Error).name === 'MongooseServerSelectionError'
  );
}

/** The database name in the path of a URI. */
function databaseOf(uri: string): string | undefined {
  const name = /^[^/]*\/\/[^/?]+\/([^?]+)/.exec(uri)?.[1];
  return name === undefined ? undefined : decodeURIComponent(name);
}
