import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, MongoClient } from 'mongodb';
import { EngineProcess } from './engine-process';

const DRIVER = { retryWrites: false, serverSelectionTimeoutMS: 2_000 };

/** Engine processes that follow one another on one folder, each stopped or killed before the next. */
export class KillableEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'engine-crash-'));
  private process: EngineProcess | null = null;

  start(options?: { shellPrefix: string }): void {
    this.process = EngineProcess.onFolder(this.folder, options);
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    await this.process?.stop(signal);
  }

  async use<T>(work: (db: Db, client: MongoClient) => Promise<T>): Promise<T> {
    if (!this.process) throw new Error('the engine is not started');
    const client = new MongoClient(await this.process.uri(), DRIVER);
    try {
      return await work(client.db('crash'), client);
    } finally {
      await client.close(true);
    }
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }
}
