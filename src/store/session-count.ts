import type { CommandRunner } from './command-runner';
import { sessionIndexes } from './session-indexes';
import type { Store } from './store';

/** How many sessions of a cluster are counted one by one: a second's work for one shard. */
const mostCounted = 1_000_000;

/**
 * How many sessions there are. The collection knows its own size; a count would look at each session. Only a cluster's
 * number has sessions twice for a quarter of an hour after they have moved to another shard
 * (https://www.mongodb.com/docs/manual/reference/command/count/): there they are counted, unless there are too many.
 * @param inTurn runs a read that looks at far more than it answers with
 */
export async function countAllSessions(
  { sessions, isSharded }: Store,
  runner: CommandRunner,
  inTurn: <T>(read: () => Promise<T>) => Promise<T>,
): Promise<number> {
  const size = await sessions.estimatedDocumentCount(runner.commandOptions);
  if (!isSharded || size > mostCounted) return size;
  const count = [{ $group: { _id: null, count: { $sum: 1 } } }];
  const [all] = await inTurn(() =>
    runner.aggregate<{ count: number }>(sessions.collectionName, count, 1, sessionIndexes.byStart),
  );
  return all?.count ?? 0;
}
