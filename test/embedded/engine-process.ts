import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Db, MongoClient } from 'mongodb';

const PROGRAM = resolve(__dirname, '../../src/embedded/command-line.js');

/** What a program that has ended left. */
export interface Outcome {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/** `npm run database` as a process of its own. */
export class EngineProcess {
  private output = '';
  private errors = '';
  readonly outcome: Promise<Outcome>;

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk) => (this.output += chunk));
    child.stderr?.on('data', (chunk) => (this.errors += chunk));
    this.outcome = once(child, 'close').then(([exitCode]) => ({
      exitCode,
      output: this.output,
      errors: this.errors,
    }));
  }

  /** Runs it with these arguments; `shellPrefix` sets limits of the process, as in `ulimit -f 100`. */
  static run(args: string[], { nodeArgs = [] as string[], shellPrefix = '' } = {}): EngineProcess {
    const command = [process.execPath, ...nodeArgs, PROGRAM, ...args];
    const child = shellPrefix
      ? spawn('sh', ['-c', `${shellPrefix}; exec "$@"`, 'sh', ...command])
      : spawn(command[0]!, command.slice(1));
    return new EngineProcess(child);
  }

  static onFolder(folder: string, options?: { nodeArgs?: string[]; shellPrefix?: string }): EngineProcess {
    return EngineProcess.run(['--port', '0', '--data-dir', folder], options);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The connection string, once it listens. */
  async uri(): Promise<string> {
    for (;;) {
      const uri = /mongodb:\/\/\S+/.exec(this.output)?.[0];
      if (uri) return uri;
      if (this.child.exitCode !== null) throw new Error(`the engine did not start: ${this.errors}`);
      await Promise.race([once(this.child.stdout!, 'data'), this.outcome]);
    }
  }

  async stop(signal: NodeJS.Signals): Promise<Outcome> {
    this.child.kill(signal);
    return this.outcome;
  }
}

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
