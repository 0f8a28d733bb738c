import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { startDatabaseProcess, startServerProcess, type RunningProcess } from '../process/server-process';

/** Server processes on one database, to race against each other and to be killed. */
export interface RaceArena {
  /** Where the servers listen at this moment. */
  urls(): string[];
  /** The database of several servers; null where one server has its engine to itself. */
  readonly database: { readonly uri: string; readonly name: string } | null;
  /** SIGKILL to one server, and a new one in its place on the same database. */
  killAndRestart(index: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * One server brings its own embedded engine, the way most people run it; several share one engine process. Where
 * `MONGODB_URI` is set, they use that, in a database of their own which is dropped at the end.
 */
export async function openRaceArena(count: number): Promise<RaceArena> {
  const folder = await mkdtemp(join(tmpdir(), 'conversation-races-'));
  const given = process.env.MONGODB_URI;
  const engine = given || count === 1 ? null : await startDatabaseProcess(folder);
  const databaseName = `races_${process.pid}_${Date.now()}`;
  const uri = given ?? engine?.url;
  const settings = { DATA_DIR: folder, MONGODB_URI: uri, MONGODB_DATABASE: uri && databaseName };
  const servers: RunningProcess[] = [];
  for (let index = 0; index < count; index += 1) servers.push(await startServerProcess(settings));
  return {
    urls: () => servers.map(({ url }) => url),
    database: uri === undefined ? null : { uri, name: databaseName },
    async killAndRestart(index) {
      await servers[index]!.kill();
      servers[index] = await startServerProcess(settings);
    },
    async close() {
      await Promise.all(servers.map((server) => server.stop()));
      await engine?.stop();
      if (given) await dropDatabase(given, databaseName);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function dropDatabase(uri: string, name: string): Promise<void> {
  const client = await MongoClient.connect(uri);
  await client.db(name).dropDatabase();
  await client.close();
}
