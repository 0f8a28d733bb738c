import type { Config } from '../../config';
import type { Log } from '../../log';
import { BurstLog } from '../burst-log';
import type { OperationObserver, OperationRecord } from './operation-observer';

/** Clients choose the names of their operations. */
const maxNameLength = 100;

/**
 * Logs operations: each one, where LOG_REQUESTS asks for it; at debug level otherwise. Those that take SLOW_REQUEST_MS
 * or longer are warned of, at most one line a second. Never what was sent or answered.
 */
export class OperationLog implements OperationObserver {
  private readonly slow: BurstLog<ReturnType<typeof detailsOf>>;

  constructor(
    private readonly log: Log,
    private readonly config: Pick<Config, 'slowRequestMs' | 'logRequests'>,
  ) {
    this.slow = new BurstLog(log, 'slow request', (one, other) =>
      one.durationMs >= other.durationMs ? one : other,
    );
  }

  ended(record: OperationRecord): void {
    const details = detailsOf(record);
    if (this.config.logRequests === 'on') this.log.info(details, 'request');
    else this.log.debug(details, 'request');
    // A subscription lasts as long as its client wants.
    if (record.durationMs >= this.config.slowRequestMs && record.operationType !== 'subscription')
      this.slow.warn(details);
  }
}

function detailsOf(record: OperationRecord) {
  const { requestId, operationName, operationType, transport, durationMs, cost, errorCodes, caller } = record;
  return {
    requestId,
    operation: operationName?.slice(0, maxNameLength) ?? null,
    type: operationType,
    transport,
    durationMs: Math.round(durationMs * 10) / 10,
    cost,
    errors: errorCodes,
    caller,
  };
}
