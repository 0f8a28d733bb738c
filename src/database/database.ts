import mongoose from 'mongoose';
import { findDataFolderProblem } from '../embedded/data-folder-lock';
import { type EmbeddedMongo, startEmbeddedMongo } from '../embedded/start-embedded-mongo';
import type { Config } from '../config';
import { type Availability, MonitoredAvailability } from './availability';
import type { Log } from '../log';
import { connect, DatabaseOpenError } from './connect';

export { findDataFolderProblem };

/** The database of an app: a MongoDB deployment, or the embedded engine behind the same driver. */
export interface Database {
  readonly connection: mongoose.Connection;
  /** For people, without credentials: `MongoDB 7.0.5, replica set rs0 at db1:27017` or `embedded engine in ./data`. */
  readonly description: string;
  /** Whether other processes can write to it too. */
  readonly isShared: boolean;
  readonly availability: Availability;
  /** Resolves when the primary responds; otherwise rejects with the driver's error. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens MONGODB_URI, or without it the embedded engine in DATA_DIR; at `engineUri` if another process runs the engine.
 * @throws DatabaseOpenError with one line for the operator
 */
export async function openDatabase(
  config: Config,
  log: Log,
  engineUri: string | null = null,
): Promise<Database> {
  if (config.mongodbUri !== null) {
    const { connection, description, close } = await connect(config.mongodbUri, config, log);
    return database({ connection, description, isShared: true }, log, close);
  }
  const engine = engineUri === null ? await openEngine(config.dataDir, log) : runElsewhere(engineUri);
  try {
    const { connection, close } = await connect(engine.uri, config, log);
    const described = { connection, description: describeEngine(config), isShared: engineUri !== null };
    return database(described, log, async () => {
      await close();
      await engine.close();
    });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/**
 * Describes the database of these settings. Connects to MONGODB_URI once, and changes nothing.
 * @throws DatabaseOpenError that states in one line why it cannot be used
 */
export async function describeDatabase(config: Config): Promise<string> {
  if (config.mongodbUri === null) return describeEngine(config);
  const { description, close } = await connect(config.mongodbUri, config);
  await close();
  return description;
}

function describeEngine({ dataDir }: Config): string {
  return `embedded engine in ${dataDir}`;
}

/** A running embedded engine. */
export type Engine = Pick<EmbeddedMongo, 'uri' | 'close'>;

function runElsewhere(uri: string): Engine {
  return { uri, close: async () => undefined };
}

/**
 * Starts the embedded engine, for one or several processes.
 * @throws DatabaseOpenError with one line for the operator
 */
export async function openEngine(path: string, log: Log): Promise<Engine> {
  try {
    return await startEmbeddedMongo({
      path,
      log: (level, message, detail) => log[level]({ detail }, message),
    });
  } catch (error) {
    throw new DatabaseOpenError((error as Error).message, { cause: error });
  }
}

function database(
  opened: Pick<Database, 'connection' | 'description' | 'isShared'>,
  log: Log,
  close: () => Promise<void>,
): Database {
  const client = opened.connection.getClient();
  const admin = client.db('admin');
  const availability = new MonitoredAvailability(client, log);
  return {
    ...opened,
    availability,
    async ping() {
      await admin.command({ ping: 1 });
    },
    close() {
      availability.close();
      return close();
    },
  };
}
