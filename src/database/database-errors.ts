import { mongo } from 'mongoose';
import { DomainError, serviceUnavailable } from '../errors';

/**
 * Server codes of temporary failures: interrupted, timed out, no primary, shutting down, overloaded, lost cursor or
 * snapshot, chunk migration, write concern timeout. From MongoDB's error_codes.yml; the driver labels only some of them.
 */
const passing = new Set([
  6, 7, 24, 43, 50, 64, 89, 90, 91, 112, 133, 134, 145, 150, 175, 189, 199, 202, 203, 216, 237, 239, 246, 249,
  250, 251, 262, 267, 272, 279, 281, 282, 290, 304, 314, 317, 343, 355, 358, 365, 384, 402, 406, 407, 433,
  449, 462, 9001, 10058, 10107, 11600, 11601, 11602, 13388, 13435, 13436, 14031,
]);

const { MongoServerError, MongoNetworkError, MongoServerSelectionError, MongoError } = mongo;

/**
 * The error for the client if `error` means that the database is unavailable, busy or timed out; null for any other error,
 * which is a bug.
 */
export function asServiceUnavailable(error: unknown): DomainError | null {
  if (isTimeLimit(error))
    return serviceUnavailable('The database took too long. Ask for less, or try again.', error);
  return isAway(error) ? serviceUnavailable('The database is unavailable. Try again.', error) : null;
}

function isTimeLimit(error: unknown): boolean {
  return error instanceof MongoServerError && (error.code === 50 || error.code === 262);
}

/** Whether the database aborted a command for exceeding its time or memory. */
export function isTooMuchWork(error: unknown): boolean {
  return isTimeLimit(error) || (error instanceof MongoServerError && outOfMemory.has(Number(error.code)));
}

/** ExceededMemoryLimit, QueryExceededMemoryLimitNoDiskUseAllowed, and the code of $group before MongoDB 4.4. */
const outOfMemory = new Set([146, 292, 16945]);

/** Whether a hint names an index that there is not. BadValue is said of much else. */
export function isUnknownHint(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === 2 && /\bhint\b/.test(error.message);
}

function isAway(error: unknown): boolean {
  if (error instanceof MongoServerError) return passing.has(Number(error.code)) || isRetryable(error);
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  return error instanceof MongoError && unreachable.has(error.name);
}

/**
 * Whether a failed read may succeed at once on another server or connection: the driver's rule for its own
 * reads (https://github.com/mongodb/specifications/blob/master/source/retryable-reads/retryable-reads.md).
 */
export function isRetryableRead(error: unknown): boolean {
  return (
    error instanceof MongoNetworkError ||
    (error instanceof MongoServerError && retryableReads.has(Number(error.code)))
  );
}

const retryableReads = new Set([6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);

/** The driver's errors for an unavailable pool or topology. */
const unreachable = new Set([
  'MongoWaitQueueTimeoutError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoPoolClosedError',
  'MongoTopologyClosedError',
  'MongoNotConnectedError',
  'MongoClientClosedError',
  'MongoExpiredSessionError',
  'MongoOperationTimeoutError',
  'MongoServerClosedError',
  'MongoStalePrimaryError',
]);

function isRetryable(error: InstanceType<typeof MongoError>): boolean {
  return error.hasErrorLabel('RetryableWriteError') || error.hasErrorLabel('TransientTransactionError');
}
