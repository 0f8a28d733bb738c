import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { type Config, isWatched } from '../config';
import type { Log } from '../log';
import { withoutSecrets } from '../mongodb-settings';

/** The database cannot be used; the message is one line that says why and what to do. */
export class DatabaseOpenError extends Error {
  override readonly name = 'DatabaseOpenError';
}

const attempts = 3;
const pauseMs = 1000;
const defaultDatabase = 'conversations';

/**
 * A connection to the database at `uri`, what its deployment is, in words, and how to close it. Where it does not answer,
 * it is tried again a few times, which `log` is told; without one, it is tried once.
 * @throws DatabaseOpenError
 */
export async function connect(uri: string, config: Config, log?: Log) {
  const client = await reach(uri, config, log);
  const close = () => client.close();
  try {
    const description = await describe(client);
    // Not by the option `dbName`, which would also name the database of the user: that is the URI's, or admin.
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

/** Each option is a promise of DESIGN.md or keeps a bound on time; the rest is the driver's default or in the URI. */
function connectOptions(config: Config): mongoose.ConnectOptions {
  return {
    appName: 'conversation-session-service',
    // Nothing acknowledged is lost, and nothing is read that a failover could still take back.
    writeConcern: { w: 'majority', j: true },
    // By this name, which a URI's readConcernLevel cannot override.
    readConcernLevel: 'majority',
    // What the callers' promises and errors are about happens now, not when a buffer is flushed some time later.
    bufferCommands: false,
    autoCreate: false,
    autoIndex: false,
    // Costs a few microseconds a command, so only where somebody listens; a URI may ask for it too.
    ...(isWatched(config) ? { monitorCommands: true } : {}),
    serverSelectionTimeoutMS: Math.min(5000, config.requestTimeoutMs),
    connectTimeoutMS: 5000,
    // How soon a server that has gone, or is back, is noticed.
    heartbeatFrequencyMS: 1000,
    waitQueueTimeoutMS: config.requestTimeoutMs,
    // A peer that vanished without a word. Longer than any command may take, so that it never cuts one off.
    socketTimeoutMS: Math.max(config.requestTimeoutMs, config.readTimeoutMs) + 20_000,
  };
}

/** The deployment in words; refuses one without transactions. */
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

/** The database that a URI names after its hosts. */
function databaseOf(uri: string): string | undefined {
  const name = /^[^/]*\/\/[^/?]+\/([^?]+)/.exec(uri)?.[1];
  return name === undefined ? undefined : decodeURIComponent(name);
}
