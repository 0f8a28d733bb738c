import type { OperationTypeNode } from 'graphql';

export type OperationTransport = 'http' | 'websocket' | 'sse';

/** An operation that has ended, well or not. */
export interface OperationRecord {
  /** Null if it has none, or the text was refused. */
  readonly operationName: string | null;
  /** Null if the text was refused. */
  readonly operationType: `${OperationTypeNode}` | null;
  readonly transport: OperationTransport;
  /** Of a subscription: from when it was asked for until it ended. */
  readonly durationMs: number;
  /** How many nodes it could touch; null if it was refused before that was read. */
  readonly cost: number | null;
  /** The `extensions.code` of each error in the answer; empty if all went well. */
  readonly errorCodes: readonly string[];
  readonly requestId: string;
  /** The caller's name. */
  readonly caller: string;
}

/** Is told of every operation, once, when it has ended. Must not throw, and must not take long. */
export interface OperationObserver {
  ended(record: OperationRecord): void;
}

/** Tells each of them, in turn. */
export function observeAll(observers: readonly OperationObserver[]): OperationObserver {
  const [only, ...others] = observers;
  if (only !== undefined && others.length === 0) return only;
  return {
    ended(record) {
      for (const observer of observers) observer.ended(record);
    },
  };
}
