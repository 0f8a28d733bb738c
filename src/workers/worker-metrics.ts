import type { Worker } from 'node:cluster';
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import type { FromWorker, MeasuredValues } from './messages';
import type { WorkerPool } from './worker-pool';

/** How long a worker may take to return its metrics; a slower one is left out. */
const collectTimeoutMs = 2_000;

/** Merges the metrics of all workers and of the primary process. */
export class WorkerMetrics {
  private readonly own = new Registry();
  private readonly waiting = new Map<number, (values: MeasuredValues) => void>();
  private asked = 0;

  constructor(private readonly pool: () => WorkerPool) {
    // The primary process may run the embedded engine, so its memory and CPU time count.
    collectDefaultMetrics({ register: this.own });
  }

  async read(): Promise<string> {
    const pool = this.pool();
    const values = await Promise.all([
      this.own.getMetricsAsJSON(),
      ...pool.workers.map((worker) => this.collect(pool, worker)),
    ]);
    // Typed for the output of a text parser, but it accepts that of getMetricsAsJSON.
    return AggregatorRegistry.aggregate(values as unknown as object[]).metrics();
  }

  /** Handles a worker's metrics, and its requests for the metrics of all. */
  hear(worker: Worker, message: FromWorker): void {
    if (message.kind === 'collected') this.waiting.get(message.id)?.(message.values);
    if (message.kind === 'ask-metrics') void this.answer(worker, message.id);
  }

  private async answer(worker: Worker, id: number): Promise<void> {
    const text = await this.read().catch(() => null);
    this.pool().send(worker, { kind: 'metrics', id, text });
  }

  private collect(pool: WorkerPool, worker: Worker): Promise<MeasuredValues> {
    const id = (this.asked += 1);
    return new Promise((resolve) => {
      const done = (values: MeasuredValues): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(values);
      };
      const timer = setTimeout(() => done([]), collectTimeoutMs);
      this.waiting.set(id, done);
      pool.send(worker, { kind: 'collect', id });
    });
  }
}
