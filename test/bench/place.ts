import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config';
import { openDatabase } from '../../src/database/database';
import { openStore, type Store } from '../../src/store/store';
import { quietLog } from '../process/quiet-log';

/** Where one contender keeps its data: a folder of the embedded engine, or a database on MONGODB_URI. */
export interface Place {
  /** The environment that leads there. */
  readonly settings: Record<string, string>;
  /** Puts data there, while nobody else is on it. */
  fill<T>(put: (store: Store) => Promise<T>): Promise<T>;
  remove(): Promise<void>;
}

export async function openPlace(name: string): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), `conversation-bench-${name}-`));
  const databaseName = `bench_${name.replaceAll('-', '_')}_${process.pid}`;
  const settings = {
    DATA_DIR: folder,
    ...(process.env.MONGODB_URI && { MONGODB_DATABASE: databaseName }),
  };
  const open = () => openDatabase(readConfig({ ...process.env, ...settings }), quietLog);
  return {
    settings,
    async fill(put) {
      const database = await open();
      try {
        return await put(await openStore(database.connection));
      } finally {
        await database.close();
      }
    },
    async remove() {
      if (process.env.MONGODB_URI) {
        const database = await open();
        await database.connection.dropDatabase();
        await database.close();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
