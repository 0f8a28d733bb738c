import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';

/** A database of a test's own, as the settings that lead to it. */
export interface TestDatabase {
  readonly settings: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** A new database: in MONGODB_URI where there is one, otherwise a data folder for the embedded engine. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const uri = process.env.MONGODB_URI;
  return uri ? onServer(uri) : inFolder();
}

async function inFolder(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'conversations-'));
  return {
    settings: { DATA_DIR: folder },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function onServer(uri: string): TestDatabase {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  return {
    settings: { MONGODB_URI: uri, MONGODB_DATABASE: name },
    async remove() {
      const client = await MongoClient.connect(uri);
      await client.db(name).dropDatabase();
      await client.close();
    },
  };
}
