import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectNoSecrets } from '../support/secrets';

const builtRoot = join(__dirname, '../..');
/** How `npm start` runs Node.js. Every program here is run the same way, so that a comparison compares programs. */
const start = commandOfStart(readFileSync(join(builtRoot, '../package.json'), 'utf8'));
/** How long a program may take to say where it listens. */
const startTimeoutMs = 30_000;

/** A program of this project in a process of its own, as its users run it. */
export interface RunningProcess {
  /** The address it printed: http://… of a server, mongodb://… of a database. */
  readonly url: string;
  readonly pid: number;
  /** Everything it has printed so far. */
  output(): string;
  /** The signal, SIGTERM if none is named, and the exit code once it is gone. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** SIGKILL: no goodbye. Resolves once it is gone. */
  kill(): Promise<void>;
}

/** The whole service on a free port, with `settings` on top of this process's environment. */
export function startServerProcess(settings: Record<string, string | undefined>): Promise<RunningProcess> {
  return startProcess('src/main.js', [], { PORT: '0', ...settings }, /http:\/\/[^\s"]+\/graphql/);
}

/** The embedded engine alone on loopback TCP, on a free port unless one is named, as `npm run database` starts it. */
export function startDatabaseProcess(dataDir: string, port = 0): Promise<RunningProcess> {
  const parameters = ['--port', String(port), '--data-dir', dataDir];
  return startProcess('src/embedded/command-line.js', parameters, {}, /mongodb:\/\/[^\s"]+/);
}

/** Runs a built program and resolves when it has printed an address that `ready` matches. */
export async function startProcess(
  program: string,
  parameters: readonly string[],
  settings: Record<string, string | undefined>,
  ready: RegExp,
): Promise<RunningProcess> {
  const child = spawn(process.execPath, [...start.flags, join(builtRoot, program), ...parameters], {
    env: { ...process.env, ...start.environment, NODE_ENV: 'production', NO_COLOR: '1', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  endWithThisProcess(child);
  let printed = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      printed += chunk.toString();
      const address = ready.exec(printed)?.[0];
      if (!address) return;
      clearTimeout(tooLong);
      resolve(address);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    const tooLong = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
    void gone.then(() => clearTimeout(tooLong));
    void gone.then((code) => reject(new Error(`${program} ended with ${code}:\n${printed}`)));
  });
  /** What a program prints is read by many. */
  async function cleanEnd(): Promise<number | null> {
    const code = await gone;
    expectNoSecrets(`what ${program} printed`, printed);
    return code;
  }
  return {
    url,
    pid: child.pid ?? 0,
    output: () => printed,
    stop: (signal = 'SIGTERM') => (child.kill(signal), cleanEnd()),
    kill: async () => (child.kill('SIGKILL'), void (await cleanEnd())),
  };
}

function endWithThisProcess(child: ChildProcess): void {
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}

function commandOfStart(manifest: string) {
  const { scripts } = JSON.parse(manifest) as { scripts: { start: string } };
  const [, variable, flags] = /exec env (\S+) node (.*) dist\/src\/main.js$/.exec(scripts.start)!;
  return { environment: Object.fromEntries([variable!.split('=')]) as object, flags: flags!.split(' ') };
}
