import { setTimeout as sleep } from 'node:timers/promises';
import { mongo } from 'mongoose';

/** Before a commit without an answer is asked for again. */
const commitPauseMs = 20;

const options = {
  // Not snapshot, which on a cluster reads as of a time that one router chooses: a session that another router has
  // acknowledged a moment ago could be missing. Each shard's part reads one snapshot all the same.
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority', j: true },
  readPreference: 'primary',
} satisfies mongo.TransactionOptions;

/**
 * Runs `work` in one transaction of `session` and commits it. When this has resolved, a majority has the writes on
 * disk. When it has rejected, they are undone, unless {@link isCommitUnknown} says that nobody knows.
 * @param deadline until when a commit without an answer is asked for again, in milliseconds of Date.now()
 */
export async function inTransaction<Result>(
  session: mongo.ClientSession,
  deadline: number,
  work: () => Promise<Result>,
): Promise<Result> {
  session.startTransaction({ ...options, maxCommitTimeMS: Math.max(1, deadline - Date.now()) });
  try {
    const result = await work();
    await commit(session, deadline);
    return result;
  } catch (error) {
    // What failed here has failed already: what matters is the first error.
    if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
    throw error;
  }
}

/** Runs `work` in a transaction of `session` and undoes it, whatever came of it. */
export async function undone<Result>(
  session: mongo.ClientSession,
  work: () => Promise<Result>,
): Promise<Result> {
  session.startTransaction(options);
  try {
    return await work();
  } finally {
    await session.abortTransaction().catch(() => undefined);
  }
}

async function commit(session: mongo.ClientSession, deadline: number): Promise<void> {
  for (;;) {
    try {
      return await session.commitTransaction();
    } catch (error) {
      // Committing twice is safe: the server answers the second time from what the first one did.
      if (!isCommitUnknown(error) || Date.now() >= deadline) throw error;
      await sleep(commitPauseMs);
    }
  }
}

/** Whether a commit may or may not have happened. */
export function isCommitUnknown(error: unknown): boolean {
  return error instanceof mongo.MongoError && error.hasErrorLabel('UnknownTransactionCommitResult');
}

/**
 * Whether a transaction failed for a reason that passes: running all of it again is safe and may well succeed.
 * A write conflict comes as the failure of the command, with a label, or as a write error in a bulk, without one.
 */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof mongo.MongoError &&
    (error.hasErrorLabel('TransientTransactionError') ||
      error.code === writeConflict ||
      error.code === noSuchTransaction)
  );
}

/** Whether another transaction holds or has changed what this one wanted to write. */
export function isWriteConflict(error: unknown): boolean {
  return error instanceof mongo.MongoError && error.code === writeConflict;
}

const writeConflict = 112;
const noSuchTransaction = 251;

/** Whether a write collided with the unique index of this name. Every version of MongoDB has it in the message. */
export function isDuplicateKey(error: unknown, indexName: string): boolean {
  return (
    error instanceof mongo.MongoError && error.code === 11000 && error.message.includes(` ${indexName} `)
  );
}
