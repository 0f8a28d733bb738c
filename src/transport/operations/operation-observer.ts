import type { OperationTypeNode } from 'graphql';

export type OperationTransport = 'http' | 'websocket' | 'sse';

/** A finished operation, successful or not. */
export interface OperationRecord {
  /** Null if it has none, or the document was refused. */
  readonly operationName: string | null;
  /** Null if the document was refused. */
  readonly operationType: `${OperationTypeNode}` | null;
  readonly transport: OperationTransport;
  /** For a subscription: from its request to its end. */
  readonly durationMs: number;
  /** The maximum number of nodes it could read; null if it was refused before. */
  readonly cost: number | null;
  /** The `extensions.code` of each error in the response. */
  readonly errorCodes: readonly string[];
  readonly requestId: string;
  /** The caller's name. */
  readonly caller: string;
}

/** Called once for every operation, when it has ended. Must be quick and must not throw. */
export interface OperationObserver {
  ended(record: OperationRecord): void;
}

/** Calls each observer in turn. */
export function observeAll(observers: readonly OperationObserver[]): OperationObserver {
  const [only, ...others] = observers;
  if (only !== undefined && others.length === 0) return only;
  return {
    ended(record) {
      for (const observer of observers) observer.ended(record);
    },
  };
}
