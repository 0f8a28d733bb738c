import type { Engine } from '../engine';
import { MongoError } from '../language/errors';
import type { CommandRequest } from './command';

/** @throws MongoError InvalidOptions when a retryable write has a statement that may change many documents */
export function assertRetryable(
  request: CommandRequest,
  engine: Engine,
  isSingle: boolean,
  fault: string,
): void {
  if (isSingle || engine.sessions.resultsOf(request) === null) return;
  throw new MongoError(72, `Cannot use retryable writes with ${fault}`);
}
