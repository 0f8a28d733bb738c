import type { Engine } from '../engine';
import type { CommandRequest, Reply } from './command';

/** Resolves when the transaction is on disk. Committing again is answered in the same way. */
export async function commitTransaction(request: CommandRequest, engine: Engine): Promise<Reply> {
  await engine.sessions.commit(request);
  return new Map();
}

export function abortTransaction(request: CommandRequest, engine: Engine): Reply {
  engine.sessions.abort(request);
  return new Map();
}
