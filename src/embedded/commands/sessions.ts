import { randomBytes } from 'node:crypto';
import { Binary, Int32 } from 'bson';
import type { Engine } from '../engine';
import { MongoError } from '../language/errors';
import { idOfSession } from '../transactions/place-in-session';
import { type CommandRequest, type Reply, replyOf } from './command';

/** Sessions are nothing but their transactions here, and those expire by themselves: there is nothing to do. */
export function endSessions(): Reply {
  return new Map();
}

/** Aborts the open transactions of the sessions that it names; cursors here belong to no session. */
export function killSessions({ body }: CommandRequest, engine: Engine): Reply {
  const named = body.get('killSessions');
  if (!Array.isArray(named)) throw new MongoError(14, "Field 'killSessions' must be an array of session ids");
  const ids = named.map(idOfSession);
  if (ids.includes(null))
    throw new MongoError(40414, "Each session of 'killSessions' must have an 'id', a UUID");
  for (const id of ids) engine.sessions.kill(id!);
  return new Map();
}

/** Gives out a session id, as the shell asks for one. */
export function startSession(): Reply {
  const id = replyOf({ id: new Binary(randomBytes(16), Binary.SUBTYPE_UUID) });
  return replyOf({ id, timeoutMinutes: new Int32(30) });
}
