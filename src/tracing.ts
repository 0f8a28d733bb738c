import type { IncomingHttpHeaders } from 'node:http';
import type { mongo } from 'mongoose';
import type { OperationRecord } from './transport/operations/operation-observer';

/** A trace that an operation belongs to. */
export interface OperationTrace {
  /** Runs an operation in its own span; `record` is called when it has ended, or a subscription has started. */
  runOperation<T>(record: () => OperationRecord, work: () => Promise<T>): Promise<T>;
}

/** The trace of one HTTP request. */
export interface RequestTrace extends OperationTrace {
  /** The response headers with the trace context. */
  readonly headers: Readonly<Record<string, string>>;
  end(route: string, status: number): void;
}

/** An operation whose events wait to be stored; null if it has no trace. */
export type TracedOperation = object | null;

/**
 * Traces requests, their operations, batches of events, and their database commands. Implemented only if
 * OTEL_EXPORTER_OTLP_ENDPOINT is set.
 */
export interface Tracing {
  /** Starts the trace of a request, or continues that of its `traceparent`. */
  startRequest(method: string, headers: IncomingHttpHeaders): RequestTrace;
  /** The trace of one operation that did not come by an HTTP request of its own. */
  startOperation(): OperationTrace;
  /** The current operation. */
  current(): TracedOperation;
  /** Runs `work`, which stores events of these operations, in a span of the first one, linked to all others. */
  runBatch<T>(operations: readonly TracedOperation[], work: () => Promise<T>): Promise<T>;
  /** Traces the commands of a driver that monitors them. */
  watchCommands(client: mongo.MongoClient): void;
  /** Sends the remaining spans. */
  close(): Promise<void>;
}
