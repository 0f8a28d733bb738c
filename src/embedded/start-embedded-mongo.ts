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

/**
 * Starts the engine on a data folder, in a worker thread of its own.
 * @throws EmbeddedMongoStartError
 */
export async function startEmbeddedMongo(options: EmbeddedMongoOptions): Promise<EmbeddedMongo> {
  const path = resolve(options.path);
  const { port, stalledAfterMilliseconds } = options;
  const releases: (() => void)[] = [];
  const releaseAll = () => {
    for (const release of releases.splice(0).reverse()) release();
  };
  try {
    releases.push(lockDataFolder(path));
    const place = port === undefined ? socketPlace(path, releases) : { port };
    const engine = new EngineThread({ path, place, stalledAfterMilliseconds }, options, releaseAll);
    const address = await engine.address;
    // A connection string would read the slashes of a socket's path as its own.
    const host = 'port' in place ? address : encodeURIComponent(address);
    return { uri: `mongodb://${host}/?directConnection=true`, close: () => engine.close() };
  } catch (error) {
    releaseAll();
    throw new EmbeddedMongoStartError(explain(error as NodeJS.ErrnoException, path, port), { cause: error });
  }
}

/** A socket in the data folder, or in a private folder of its own where that path would be too long for the system. */
function socketPlace(path: string, releases: (() => void)[]): Place {
  let socketPath = join(path, 'mongo.sock');
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    const folder = mkdtempSync(join(tmpdir(), 'mongo-'));
    releases.push(() => rmSync(folder, { recursive: true, force: true }));
    socketPath = join(folder, 'mongo.sock');
  }
  // What a killed process left behind; the folder's lock is ours by now.
  rmSync(socketPath, { force: true });
  return { socketPath };
}

/** The worker, seen from its host: it starts, runs, and ends because it was asked to or because it failed. */
class EngineThread {
  /** Where it listens. Rejects where it cannot start. */
  readonly address: Promise<string>;
  private readonly worker: Worker;
  private readonly exited: Promise<unknown>;
  private state: 'starting' | 'running' | 'closing' = 'starting';
  private failure: Error | null = null;

  constructor(
    input: WorkerInput,
    private readonly options: EmbeddedMongoOptions,
    private readonly release: () => void,
  ) {
    const resourceLimits = { maxOldGenerationSizeMb: MAX_HEAP_MB };
    this.worker = new Worker(join(__dirname, 'worker.js'), { workerData: input, resourceLimits });
    this.worker.on('error', (error) => (this.failure = error as Error));
    this.exited = new Promise((resolve) => this.worker.once('exit', resolve));
    this.address = new Promise((listening, refuse) => {
      this.worker.on('message', (report: WorkerReport) => this.hear(report, listening));
      this.worker.once('exit', (code) => this.ended(code, refuse));
    });
  }

  async close(): Promise<void> {
    if (this.state === 'running') this.worker.postMessage('close');
    this.state = 'closing';
    const cutOff = setTimeout(() => void this.worker.terminate(), STOPS_WITHIN_MS);
    await this.exited;
    clearTimeout(cutOff);
  }

  private hear(report: WorkerReport, listening: (address: string) => void): void {
    if (report.kind === 'error') return this.options.log?.('error', report.message, report.detail);
    this.state = 'running';
    listening(report.address);
  }

  private ended(exitCode: number, refuse: (error: Error) => void): void {
    this.release();
    // The exit code of a worker that was cut off is 1.
    if (this.state === 'closing' && !this.failure) return;
    const failure = this.failure ?? new Error(`the embedded engine stopped with exit code ${exitCode}`);
    if (this.state === 'starting') return refuse(failure);
    if (!this.options.onFailure) throw failure;
    this.options.onFailure(failure);
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
