import { mongo } from 'mongoose';
import type { Store } from './store';

interface WriteReply extends mongo.Document {
  readonly errorLabels?: string[];
  readonly writeErrors?: readonly { readonly errmsg: string }[];
}

/**
 * Runs one command in the transaction of `session` and resolves to its reply. Not through the driver's collections:
 * they measure, wrap and retry statement by statement, which costs twice the time of the process, and in a transaction
 * nothing is retried by itself. The command must fit into one message of 16 MiB.
 * @param deadline until when the server may work on it, in milliseconds of Date.now(): it waits without end for a shard
 *   that has no primary, or for a transaction that is being committed on several
 * @throws the driver's errors, a MongoServerError for the first statement that failed among them
 */
export async function inTransactionOf(
  { database }: Store,
  session: mongo.ClientSession,
  deadline: number,
  command: mongo.Document,
): Promise<mongo.Document> {
  const maxTimeMS = Math.max(1, deadline - Date.now());
  const reply: WriteReply = await database.command({ ...command, maxTimeMS }, { session });
  const { errorLabels, writeErrors } = reply;
  const failed = writeErrors?.[0];
  if (failed === undefined) return reply;
  throw new mongo.MongoServerError({
    ...failed,
    message: failed.errmsg,
    ...(errorLabels && { errorLabels }),
  });
}
