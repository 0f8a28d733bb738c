import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import {
  type EmbeddedMongo,
  type EmbeddedMongoOptions,
  startEmbeddedMongo,
} from '../../src/embedded/start-embedded-mongo';

/** An engine on a folder of its own, and clients of it. */
export interface TemporaryEngine {
  readonly mongo: EmbeddedMongo;
  connect(options?: MongoClientOptions): Promise<MongoClient>;
  /** Closes the clients and the engine and removes the folder; fails where the engine has told its operator of an error. */
  close(): Promise<void>;
}

export async function startTemporaryEngine(
  options: Omit<EmbeddedMongoOptions, 'path'> = {},
): Promise<TemporaryEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-test-'));
  const errors: string[] = [];
  const clients: MongoClient[] = [];
  const mongo = await startEmbeddedMongo({
    ...options,
    path: folder,
    log: (level, message, detail) => level === 'error' && errors.push(`${message}: ${detail}`),
  });
  return {
    mongo,
    connect: async (clientOptions) => {
      const client = await new MongoClient(mongo.uri, clientOptions).connect();
      clients.push(client);
      return client;
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await mongo.close();
      await rm(folder, { recursive: true });
      if (errors.length > 0) throw new Error(`the engine reported errors:\n${errors.join('\n')}`);
    },
  };
}
