import { randomBytes } from 'node:crypto';
import { Binary, Int32 } from 'bson';
import { type Reply, replyOf } from './command';

/** Sessions are nothing but their transactions here, and those expire by themselves: there is nothing to do. */
export function endSessions(): Reply {
  return new Map();
}

/** Gives out a session id, as the shell asks for one. */
export function startSession(): Reply {
  const id = replyOf({ id: new Binary(randomBytes(16), Binary.SUBTYPE_UUID) });
  return replyOf({ id, timeoutMinutes: new Int32(30) });
}
