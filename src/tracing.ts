import type { IncomingHttpHeaders } from 'node:http';
import type { mongo } from 'mongoose';
import type { OperationRecord } from './transport/operations/operation-observer';

/** The trace of one HTTP request. */
export interface RequestTrace {
  /** What the answer tells its client of the trace. */
  readonly headers: Readonly<Record<string, string>>;
  /** Runs an operation in a span of its own; `record` is asked for when it has ended, well or not. */
  runOperation<T>(record: () => OperationRecord, work: () => Promise<T>): Promise<T>;
  end(route: string, status: number): void;
}

/** An operation that waits for a batch to be stored; null if it has no trace. */
export type TracedOperation = object | null;

/**
 * What is traced: requests, their operations, batches of events, and the commands that each of these sends to the
 * database. Nothing implements it unless OTEL_EXPORTER_OTLP_ENDPOINT is set.
 */
export interface Tracing {
  /** A request has arrived; its trace is that of its `traceparent`, if it has one. */
  startRequest(method: string, headers: IncomingHttpHeaders): RequestTrace;
  /** The operation that now runs. */
  current(): TracedOperation;
  /** Runs `work`, which stores events of these operations, in a span that is the first one's and linked to all others. */
  runBatch<T>(operations: readonly TracedOperation[], work: () => Promise<T>): Promise<T>;
  /** Traces the commands of a driver that monitors them. */
  watchCommands(client: mongo.MongoClient): void;
  /** Sends what has not been sent yet. */
  close(): Promise<void>;
}
