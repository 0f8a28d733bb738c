/** What waits to be stored. */
export interface EventQueue {
  readonly events: number;
  readonly bytes: number;
  /** How long the oldest request has waited, in milliseconds; 0 if none waits. */
  readonly ageMs: number;
}

/** Why a transaction of events was given up, to be run again or to end with what is stored already. */
export type TransactionFailure = 'conflict' | 'duplicate' | 'transient';

/** What the service and the store report of their work. Must not throw, and must not take long. */
export interface Measurements {
  /** A transaction was committed that stored so many events. */
  eventsStored(events: number): void;
  transactionFailed(reason: TransactionFailure): void;
  /** How to look at the queue of events, whenever somebody wants to know. */
  watchQueue(read: () => EventQueue): void;
  /** How to count the subscriptions that are open, likewise. */
  watchSubscriptions(count: () => number): void;
}

/** Where nobody measures. */
export const noMeasurements: Measurements = {
  eventsStored: () => undefined,
  transactionFailed: () => undefined,
  watchQueue: () => undefined,
  watchSubscriptions: () => undefined,
};
