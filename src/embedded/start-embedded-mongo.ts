import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { lockDataFolder } from './data-folder-lock';
import type { Place } from './wire/server';
import type { WorkerInput, WorkerReport } from './worker';

/** A worker that takes longer to stop is ended: what it has answered is on disk. */
const STOPS_WITHIN_MS = 15_000;
/** The engine keeps documents outside of the heap; what needs more than this would never end well. */
const MAX_HEAP_MB = 1024;

export interface EngineThreadEvents {
  /** Told what the engine has to say to its operator. */
  readonly log?: (level: 'info' | 'error', message: string, detail?: string) => void;
  /** Told once when the engine has stopped without being asked to. Without it, that is an uncaught exception. */
  readonly onFailure?: (error: Error) => void;
}

/** The worker, seen from its host: it starts, runs, and ends because it was asked to or because it failed. */
export class EngineThread {
  private phase: 'starting' | 'running' | 'closing' | 'ended' = 'starting';
  private failure: Error | null = null;
  private readonly exited: Promise<void>;
  address = '';

  private constructor(
    private readonly worker: Worker,
    private readonly events: EngineThreadEvents,
    private readonly release: () => void,
  ) {
    worker.on('error', (error) => (this.failure = error instanceof Error ? error : new Error(String(error))));
    this.exited = new Promise((resolve) => worker.once('exit', (code) => resolve(this.ended(code))));
  }

  static async start(input: WorkerInput, events: EngineThreadEvents, release: () => void) {
    const resourceLimits = { maxOldGenerationSizeMb: MAX_HEAP_MB };
    const worker = new Worker(join(__dirname, 'worker.js'), { workerData: input, resourceLimits });
    const thread = new EngineThread(worker, events, release);
    const listening = new Promise<void>((resolve) =>
      worker.on('message', (report) => thread.hear(report, resolve)),
    );
    await Promise.race([listening, thread.exited]);
    if (thread.failure) throw thread.failure;
    return thread;
  }

  async close(): Promise<void> {
    if (this.phase === 'running') {
      this.phase = 'closing';
      this.worker.postMessage('close');
    }
    const cutOff = setTimeout(() => void this.worker.terminate(), STOPS_WITHIN_MS);
    await this.exited;
    clearTimeout(cutOff);
  }

  private hear(report: WorkerReport, listening: () => void): void {
    switch (report.kind) {
      case 'listening':
        this.address = report.address;
        this.phase = 'running';
        return listening();
      case 'refused':
        this.failure = Object.assign(new Error(report.message), {
          code: report.code,
          syscall: report.syscall,
        });
        return;
      case 'log':
        this.events.log?.(report.level, report.message, report.detail);
    }
  }

  private ended(exitCode: number): void {
    // The exit code of a worker that was cut off is 1.
    const asked = this.phase === 'closing' && !this.failure;
    const starting = this.phase === 'starting';
    this.phase = 'ended';
    this.release();
    if (asked) return;
    this.failure ??= new Error(`the embedded engine stopped with exit code ${exitCode}`);
    if (starting) return;
    if (!this.events.onFailure) throw this.failure;
    this.events.onFailure(this.failure);
  }
}

/** What a Unix socket's path may be long on every system, without its final zero (104 on macOS, 108 on Linux). */
const MAX_SOCKET_PATH_BYTES = 103;
const SOCKET_NAME = 'mongo.sock';

export interface EmbeddedMongoOptions extends EngineThreadEvents {
  /** The data folder; made where it is missing. */
  readonly path: string;
  /** Listens on this port of 127.0.0.1 (0: a free one) in place of a Unix socket in the data folder. */
  readonly port?: number;
  /** How long a client may stand in the middle of a message, its own or ours, before it is cut off; 30,000 by default. */
  readonly stalledAfterMilliseconds?: number;
}

export interface EmbeddedMongo {
  /** A connection string for any MongoDB driver. */
  readonly uri: string;
  /** Answers what is running, closes every connection and gives the data folder back. May be called again. */
  close(): Promise<void>;
}

/** The engine cannot start; the message is one line, for people. */
export class EmbeddedMongoStartError extends Error {}

/**
 * Starts the engine on a data folder, in a worker thread of its own.
 * @throws EmbeddedMongoStartError
 */
export async function startEmbeddedMongo(options: EmbeddedMongoOptions): Promise<EmbeddedMongo> {
  const path = resolve(options.path);
  const release: (() => void)[] = [];
  const releaseAll = () =>
    release
      .splice(0)
      .reverse()
      .forEach((each) => each());
  try {
    release.push(lockDataFolder(path));
    const place = options.port === undefined ? socketPlace(path, release) : { port: options.port };
    const { stalledAfterMilliseconds } = options;
    const engine = await EngineThread.start({ path, place, stalledAfterMilliseconds }, options, releaseAll);
    return { uri: `mongodb://${hostOf(engine.address)}/?directConnection=true`, close: () => engine.close() };
  } catch (error) {
    releaseAll();
    throw new EmbeddedMongoStartError(explain(error as NodeJS.ErrnoException, path, options.port), {
      cause: error,
    });
  }
}

/** As a connection string has it, which would read the slashes of a socket's path as its own. */
function hostOf(address: string): string {
  return address.includes('/') ? encodeURIComponent(address) : address;
}

/** A socket in the data folder, or in a private folder of its own where that path would be too long for the system. */
function socketPlace(path: string, release: (() => void)[]): Place {
  let socketPath = join(path, SOCKET_NAME);
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    const folder = mkdtempSync(join(tmpdir(), 'mongo-'));
    release.push(() => rmSync(folder, { recursive: true, force: true }));
    socketPath = join(folder, SOCKET_NAME);
  }
  // What a killed process left behind; the folder's lock is ours by now.
  rmSync(socketPath, { force: true });
  return { socketPath };
}

function explain(error: NodeJS.ErrnoException, path: string, port: number | undefined): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} of 127.0.0.1 is taken by another program`;
    case 'EACCES':
      if (error.syscall === 'listen') return `port ${port} of 127.0.0.1 may not be used by this user`;
      return `the data folder ${path} cannot be written: permission denied`;
    case 'EPERM':
    case 'EROFS':
      return `the data folder ${path} cannot be written: ${error.message}`;
    case 'EEXIST':
    case 'ENOTDIR':
      return `the data folder ${path} cannot be made: a file is in its place`;
    default:
      if (error.syscall === 'mkdir') return `the data folder ${path} cannot be made: ${error.message}`;
      return error.message.split('\n', 1)[0]!;
  }
}
