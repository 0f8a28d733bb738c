import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** Everything that one process has measured, as it goes from one to the other. */
export type MeasuredValues = MetricObjectWithValues<MetricValue<string>>[];

/** What a worker tells the primary process. */
export type FromWorker =
  | { readonly kind: 'started'; readonly url: string; readonly database: string }
  | { readonly kind: 'failed'; readonly message: string }
  /** Someone reads the metrics at this worker's port. */
  | { readonly kind: 'ask-metrics'; readonly id: number }
  /** What was asked of it by `collect`. */
  | { readonly kind: 'collected'; readonly id: number; readonly values: MeasuredValues };

/** What the primary process tells a worker. */
export type ToWorker =
  /** All workers have started. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'collect'; readonly id: number }
  /** The answer to `ask-metrics`: those of all processes; null if they cannot be read. */
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string | null };

/** The environment of a worker, beside that of the primary process. */
export const slotVariable = 'CONVERSATION_WORKER';
export const engineVariable = 'CONVERSATION_ENGINE_URI';
