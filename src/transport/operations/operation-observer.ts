import type { OperationTypeNode } from 'graphql';
import type { Config } from '../../config';
import type { Log } from '../../log';

export type OperationTransport = 'http' | 'websocket' | 'sse';

/** An operation that has ended, well or not. */
export interface OperationRecord {
  /** Null where it has none, or the text was refused. */
  readonly operationName: string | null;
  /** Null where the text was refused. */
  readonly operationType: `${OperationTypeNode}` | null;
  readonly transport: OperationTransport;
  readonly durationMs: number;
  /** How many nodes it could touch; null where it was refused before that was read. */
  readonly cost: number | null;
  /** The `extensions.code` of each error in the answer; empty where all went well. */
  readonly errorCodes: readonly string[];
  readonly requestId: string;
  /** The caller's name. */
  readonly caller: string;
}

/** Is told of every operation, once, when it has ended. Must not throw, and must not take long. */
export interface OperationObserver {
  ended(record: OperationRecord): void;
}

/** Logs operations at debug level, and those that take SLOW_REQUEST_MS or longer as warnings. */
export class OperationLog implements OperationObserver {
  constructor(
    private readonly log: Log,
    private readonly config: Pick<Config, 'slowRequestMs'>,
  ) {}

  ended({ requestId, operationName, durationMs, caller }: OperationRecord): void {
    const details = { requestId, operationName, elapsedMs: Math.round(durationMs), caller };
    if (durationMs < this.config.slowRequestMs) this.log.debug(details, 'request');
    else this.log.warn(details, 'slow request');
  }
}
