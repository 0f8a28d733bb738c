import type { MetricObjectWithValues, MetricValue } from 'prom-client';

/** The metrics of one process, as sent between processes. */
export type MeasuredValues = MetricObjectWithValues<MetricValue<string>>[];

/** Messages from a worker to the primary process. */
export type FromWorker =
  | { readonly kind: 'started'; readonly url: string; readonly database: string }
  | { readonly kind: 'failed'; readonly message: string }
  /** A request for metrics arrived at this worker. */
  | { readonly kind: 'ask-metrics'; readonly id: number }
  /** The reply to `collect`. */
  | { readonly kind: 'collected'; readonly id: number; readonly values: MeasuredValues };

/** Messages from the primary process to a worker. */
export type ToWorker =
  /** All workers have started. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'collect'; readonly id: number }
  /** The reply to `ask-metrics`: the metrics of all processes; null if they cannot be read. */
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string | null };

/** Environment variables that a worker has besides those of the primary process. */
export const slotVariable = 'CONVERSATION_WORKER';
export const engineVariable = 'CONVERSATION_ENGINE_URI';
