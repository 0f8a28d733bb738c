import cluster, { type Worker } from 'node:cluster';
import type { Log } from '../log';
import { engineVariable, type FromWorker, slotVariable, type ToWorker } from './messages';

/** The pause before a dead worker is replaced: longer each time, unless the last one has served for a while. */
const shortestPauseMs = 100;
const longestPauseMs = 30_000;
const healthyAfterMs = 60_000;

/** The address and database of the workers, as the first of them reports. */
export interface Started {
  readonly url: string;
  readonly database: string;
}

/** A slot in the pool, which a worker and its replacements occupy. */
interface Slot {
  readonly number: number;
  worker: Worker | null;
  pauseMs: number;
}

/** The worker processes of a server: started together, replaced when they die, stopped together. */
export class WorkerPool {
  private readonly slots: readonly Slot[];
  private stopping = false;

  constructor(
    count: number,
    private readonly engineUri: string | null,
    private readonly log: Log,
    /** Receives all messages that are not about starting. */
    private readonly hear: (worker: Worker, message: FromWorker) => void,
  ) {
    this.slots = Array.from({ length: count }, (_, index) => ({
      number: index + 1,
      worker: null,
      pauseMs: shortestPauseMs,
    }));
  }

  /**
   * Starts the first worker, which prepares the database, and then all others. From then on a worker that dies is
   * replaced.
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
    // A dead worker needs no message.
    if (worker.isConnected()) worker.send(message, () => undefined);
  }

  /** Stops every worker gracefully; resolves when all have ended, to whether all ended cleanly. */
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

  /** Makes the slot's worker ready, and replaces it when it dies. */
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
      // It was told to stop during its start, and did not receive that.
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
