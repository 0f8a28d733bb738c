import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

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
