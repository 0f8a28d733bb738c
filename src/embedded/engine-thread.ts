import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
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
