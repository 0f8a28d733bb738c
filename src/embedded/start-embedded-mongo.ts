import { mkdtempSync, rmSync } from 'node:fs';
import type { ListenOptions } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { lockDataFolder } from './data-folder-lock';
import type { WorkerInput, WorkerReport } from './worker';

/** The engine has no users, and is never reached from beyond this machine. */
const LOOPBACK = '127.0.0.1';
/** A worker that takes longer to stop is ended: what it has answered is on disk. */
const STOPS_WITHIN_MS = 15_000;
/** The engine keeps documents outside of the heap; what needs more than this would never end well. */
const MAX_HEAP_MB = 1024;
/** How long a Unix socket's path may be on every system, without its final zero (104 on macOS, 108 on Linux). */
const MAX_SOCKET_PATH_BYTES = 103;

export interface EmbeddedMongoOptions {
  /** The data folder; made where it is missing. */
  readonly path: string;
  /** Listens on this port of 127.0.0.1 (0: a free one) in place of a Unix socket in the data folder. */
  readonly port?: number;
  /** How long a client may stand in the middle of a message, its own or ours, before it is cut off; 30,000 by default. */
  readonly stalledAfterMilliseconds?: number;
  /** Told what the engine has to say to its operator. */
  readonly log?: (level: 'error', message: string, detail?: string) => void;
  /** Told once when the engine has stopped without being asked to. Without it, that is an uncaught exception. */
  readonly onFailure?: (error: Error) => void;
}

export interface EmbeddedMongo {
  /** A connection string for any MongoDB driver. */
  readonly uri: string;
  /** Answers what is running, closes every connection and gives the data folder back. May be called again. */
  close(): Promise<void>;
}

/** The engine cannot start; the message is one line, for people. */
export class EmbeddedMongoStartError extends Error {}

/** Starts the engine on a data folder, in a worker thread of its own. @throws EmbeddedMongoStartError */
export async function startEmbeddedMongo(options: EmbeddedMongoOptions): Promise<EmbeddedMongo> {
  const path = resolve(options.path);
  const { port, stalledAfterMilliseconds, log, onFailure = rethrow } = options;
  const releases: (() => void)[] = [];
  const releaseAll = () => {
    for (const release of releases.splice(0).reverse()) release();
  };
  try {
    releases.push(lockDataFolder(path));
    const place = port === undefined ? socketPlace(path, releases) : { host: LOOPBACK, port };
    const thread = new EngineThread({ path, place, stalledAfterMilliseconds }, log);
    const started = await Promise.race([thread.address, thread.ended]);
    if (typeof started !== 'string') throw started;
    void thread.ended.then(releaseAll);
    void thread.ended.then((failure) => failure && onFailure(failure));
    // A connection string would read the slashes of a socket's path as its own.
    const host = port === undefined ? encodeURIComponent(started) : started;
    return { uri: `mongodb://${host}/?directConnection=true`, close: () => thread.close() };
  } catch (error) {
    releaseAll();
    throw new EmbeddedMongoStartError(explain(error as NodeJS.ErrnoException, path, port), { cause: error });
  }
}

function rethrow(error: Error): never {
  throw error;
}

/** A socket in the data folder, or in a private folder of its own where that path would be too long for the system. */
function socketPlace(folder: string, releases: (() => void)[]): ListenOptions {
  let path = join(folder, 'mongo.sock');
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    const own = mkdtempSync(join(tmpdir(), 'mongo-'));
    releases.push(() => rmSync(own, { recursive: true, force: true }));
    path = join(own, 'mongo.sock');
  }
  // What a killed process left behind; the folder's lock is ours by now.
  rmSync(path, { force: true });
  return { path };
}

/** The worker, seen from its host. */
class EngineThread {
  /** Where it listens, once it does. */
  readonly address: Promise<string>;
  /** Resolves when it has ended: to an error where it has failed, or has ended without being asked to. */
  readonly ended: Promise<Error | null>;
  private readonly worker: Worker;
  private isClosing = false;

  constructor(input: WorkerInput, log: EmbeddedMongoOptions['log']) {
    const resourceLimits = { maxOldGenerationSizeMb: MAX_HEAP_MB };
    this.worker = new Worker(join(__dirname, 'worker.js'), { workerData: input, resourceLimits });
    this.address = new Promise((resolve) => {
      this.worker.on('message', (report: WorkerReport) => {
        if ('address' in report) resolve(report.address);
        else log?.('error', report.message, report.detail);
      });
    });
    this.ended = new Promise((resolve) => {
      let failure: Error | null = null;
      this.worker.once('error', (error) => (failure = error as Error));
      this.worker.once('exit', (code) => {
        const isExpected = failure || this.isClosing;
        resolve(isExpected ? failure : new Error(`the embedded engine stopped with exit code ${code}`));
      });
    });
  }

  async close(): Promise<void> {
    this.isClosing = true;
    this.worker.postMessage('close');
    const cutOff = setTimeout(() => void this.worker.terminate(), STOPS_WITHIN_MS);
    await this.ended;
    clearTimeout(cutOff);
  }
}

/** The failures that people meet, in one line. */
function explain({ code, syscall, message }: NodeJS.ErrnoException, path: string, port?: number): string {
  const reason = message.split('\n', 1)[0]!;
  if (code === 'EADDRINUSE') return `port ${port} of 127.0.0.1 is taken by another program`;
  if (syscall === 'listen' && port !== undefined) return `port ${port} cannot be used: ${reason}`;
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return `the data folder ${path} cannot be made: a file is in its place`;
  if (syscall === 'mkdir') return `the data folder ${path} cannot be made: ${reason}`;
  if (['EACCES', 'EPERM', 'EROFS'].includes(code!))
    return `the data folder ${path} cannot be written: ${reason}`;
  return reason;
}
