import type { Config } from '../../config';
import type { Log } from '../../log';
import { BurstLog } from '../burst-log';
import type { OperationObserver, OperationRecord } from './operation-observer';

/** Clients choose operation names, which may be long. */
const maxNameLength = 100;

/**
 * Logs operations, at debug level unless LOG_REQUESTS=on. Warns of those that take SLOW_REQUEST_MS or longer, at most one
 * line a second. Never logs arguments or results.
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
    // A subscription is not slow: it lasts as long as its client wants.
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
