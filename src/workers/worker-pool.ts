import cluster, { type Worker } from 'node:cluster';
import type { Log } from '../log';
import { engineVariable, type FromWorker, slotVariable, type ToWorker } from './messages';

/** Before a worker that ended is replaced: longer each time, unless the last one has served for a while. */
const shortestPauseMs = 100;
const longestPauseMs = 30_000;
const healthyAfterMs = 60_000;

/** Where the workers are, in the words of the first of them. */
export interface Started {
  readonly url: string;
  readonly database: string;
}

/** A place in the pool; one worker after the other has it. */
interface Slot {
  readonly number: number;
  worker: Worker | null;
  pauseMs: number;
}

/** The worker processes of a server: started together, kept at their number, stopped together. */
export class WorkerPool {
  private readonly slots: readonly Slot[];
  private stopping = false;

  constructor(
    count: number,
    private readonly engineUri: string | null,
    private readonly log: Log,
    /** Hears of everything that is not about starting. */
    private readonly hear: (worker: Worker, message: FromWorker) => void,
  ) {
    this.slots = Array.from({ length: count }, (_, index) => ({
      number: index + 1,
      worker: null,
      pauseMs: shortestPauseMs,
    }));
  }

  /**
   * Starts the first worker, which makes what is missing in the database, and then all others. From then on a worker
   * that ends is replaced.
   * @throws Error with the message of the first worker that could not start; none runs then
   */
  async start(): Promise<Started> {
    const [first, ...others] = this.slots;
    try {
      const started = await this.fork(first!);
      await Promise.all(others.map((slot) => this.fork(slot)));
      for (const slot of this.slots) this.keep(slot);
      return started;
    } catch (error) {
      this.kill();
      throw error;
    }
  }

  get workers(): Worker[] {
    return this.slots.flatMap(({ worker }) => (worker?.isConnected() ? [worker] : []));
  }

  send(worker: Worker, message: ToWorker): void {
    // One that is gone needs no message.
    if (worker.isConnected()) worker.send(message, () => undefined);
  }

  /** Lets every worker finish what it has; resolves when all have ended, to whether all did so in order. */
  async stop(): Promise<boolean> {
    this.stopping = true;
    const ended = this.slots.map(({ worker }) => worker && endOf(worker));
    for (const worker of this.workers) this.send(worker, { kind: 'stop' });
    const codes = await Promise.all(ended);
    return codes.every((code) => code === null || code === 0);
  }

  /** Ends every worker at once. */
  kill(): void {
    this.stopping = true;
    for (const { worker } of this.slots) worker?.process.kill('SIGKILL');
  }

  private fork(slot: Slot): Promise<Started> {
    const worker = cluster.fork({
      [slotVariable]: String(slot.number),
      ...(this.engineUri !== null && { [engineVariable]: this.engineUri }),
    });
    slot.worker = worker;
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'started') resolve(message);
        else if (message.kind === 'failed') reject(new Error(message.message));
        else this.hear(worker, message);
      });
      worker.once('exit', (code, signal) =>
        reject(new Error(`worker ${slot.number} ended with ${signal ?? code} before it had started`)),
      );
    });
  }

  /** Lets the slot's worker take requests, and replaces it when it ends. */
  private keep(slot: Slot): void {
    const worker = slot.worker!;
    const since = performance.now();
    this.send(worker, { kind: 'ready' });
    const ended = (code: number | null, signal: string | null): void => {
      slot.worker = null;
      if (this.stopping) return;
      if (performance.now() - since >= healthyAfterMs) slot.pauseMs = shortestPauseMs;
      this.log.error(
        { worker: slot.number, code, signal },
        'a worker has ended, another one takes its place',
      );
      this.replaceLater(slot);
    };
    if (worker.isDead()) ended(worker.process.exitCode, worker.process.signalCode);
    else worker.once('exit', ended);
  }

  private replaceLater(slot: Slot): void {
    const pauseMs = slot.pauseMs;
    slot.pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    setTimeout(() => void this.replace(slot), pauseMs).unref();
  }

  private async replace(slot: Slot): Promise<void> {
    if (this.stopping) return;
    try {
      await this.fork(slot);
      // Told to stop while it started, it has not heard it.
      if (this.stopping) return this.send(slot.worker!, { kind: 'stop' });
      this.log.info({ worker: slot.number }, 'a new worker has started');
      this.keep(slot);
    } catch (error) {
      slot.worker = null;
      if (this.stopping) return;
      this.log.error({ worker: slot.number, err: error }, 'a new worker could not start');
      this.replaceLater(slot);
    }
  }
}

function endOf(worker: Worker): Promise<number | null> {
  if (worker.isDead()) return Promise.resolve(worker.process.exitCode);
  return new Promise((resolve) => worker.once('exit', (code: number | null) => resolve(code ?? 1)));
}
