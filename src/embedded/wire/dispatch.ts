import { Double, Int32 } from 'bson';
import { ConnectionState, Reply } from '../commands/request';
import { commands } from '../commands/table';
import type { Engine, EngineLog } from '../engine';
import { MongoError } from '../language/errors';
import type { ClientMessage } from './message';
import { toCommandRequest } from './request';

/** Commands with which a client that does not know us yet may begin, in the old message format. */
const GREETINGS: ReadonlySet<string> = new Set(['hello', 'isMaster', 'ismaster']);

/**
 * Runs the command of a message. Never throws or rejects: an error is a reply too. Answers at once where the command
 * does, so that a command which waits for nothing costs no promise.
 */
export function runCommand(
  message: ClientMessage,
  connection: ConnectionState,
  engine: Engine,
  log: EngineLog,
): Reply | Promise<Reply> {
  const failed = (error: unknown) => errorReply(error, log);
  try {
    const request = toCommandRequest(message, connection);
    if (message.namespace !== null && !GREETINGS.has(request.name)) {
      throw new MongoError(
        352,
        `Unsupported OP_QUERY command: ${request.name}. The client driver may require an upgrade.`,
      );
    }
    const command = commands.get(request.name);
    if (!command) throw new MongoError(59, `no such command: '${request.name}'`);
    const reply = command(request, engine);
    return reply instanceof Promise ? reply.then(succeeded, failed) : succeeded(reply);
  } catch (error) {
    return failed(error);
  }
}

/** The reply to a failed command, in the order of MongoDB's fields. */
export function errorReply(error: unknown, log: EngineLog): Reply {
  if (!(error instanceof MongoError)) {
    log.error('a command failed unexpectedly', error);
    return errorReply(new MongoError(1, `internal error: ${String(error)}`), log);
  }
  const reply: Reply = new Map();
  if (error.labels.length > 0) reply.set('errorLabels', error.labels);
  reply.set('ok', new Double(0));
  reply.set('errmsg', error.message);
  reply.set('code', new Int32(error.code));
  reply.set('codeName', error.codeName);
  for (const [name, value] of error.extra ?? []) reply.set(name, value);
  return reply;
}

function succeeded(reply: Reply): Reply {
  return reply.set('ok', new Double(1));
}
