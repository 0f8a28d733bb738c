/** The events waiting to be stored. */
export interface EventQueue {
  readonly events: number;
  readonly bytes: number;
  /** How long the oldest request has waited, in milliseconds; 0 if there is none. */
  readonly ageMs: number;
}

/** Why a transaction of events was aborted: to be retried, or because its events are already stored. */
export type TransactionFailure = 'conflict' | 'duplicate' | 'transient';

/** What the service and the store report. Methods must be quick and must not throw. */
export interface Measurements {
  /** A transaction committed this many events. */
  eventsStored(events: number): void;
  transactionFailed(reason: TransactionFailure): void;
  /** Registers how to read the queue of events. */
  watchQueue(read: () => EventQueue): void;
  /** Registers how to count open subscriptions. */
  watchSubscriptions(count: () => number): void;
}

/** For a service without metrics. */
export const noMeasurements: Measurements = {
  eventsStored: () => undefined,
  transactionFailed: () => undefined,
  watchQueue: () => undefined,
  watchSubscriptions: () => undefined,
};
