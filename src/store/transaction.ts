import { setTimeout as sleep } from 'node:timers/promises';
import { mongo } from 'mongoose';

/** The pause before a commit without a reply is retried. */
const commitPauseMs = 20;

const options = {
  // Not snapshot: on a cluster it reads at a time that one router chooses, and can miss a session that another router has
  // just acknowledged. Each shard still reads one snapshot.
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority', j: true },
  readPreference: 'primary',
} satisfies mongo.TransactionOptions;

/**
 * Runs `work` in one transaction of `session` and commits it. If this resolves, the writes are on the disks of a majority.
 * If it rejects, they are rolled back, unless {@link isCommitUnknown} holds.
 * @param deadline until when a commit without a reply is retried, in milliseconds of Date.now()
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
    // A failed abort does not matter: the first error does.
    if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
    throw error;
  }
}

/** Runs `work` in a transaction of `session` and always rolls it back. */
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
      // Committing twice is safe: the server repeats the outcome of the first.
      if (!isCommitUnknown(error) || Date.now() >= deadline) throw error;
      await sleep(commitPauseMs);
    }
  }
}

/** Whether the outcome of a commit is unknown. */
export function isCommitUnknown(error: unknown): boolean {
  return error instanceof mongo.MongoError && error.hasErrorLabel('UnknownTransactionCommitResult');
}

/**
 * Whether a transaction failed temporarily: running all of it again is safe and may succeed. A write conflict is a command
 * error with a label, or a write error in a bulk without one.
 */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof mongo.MongoError &&
    (error.hasErrorLabel('TransientTransactionError') ||
      error.code === writeConflict ||
      error.code === noSuchTransaction)
  );
}

/** Whether another transaction holds or has changed a document that this one wanted to write. */
export function isWriteConflict(error: unknown): boolean {
  return error instanceof mongo.MongoError && error.code === writeConflict;
}

const writeConflict = 112;
const noSuchTransaction = 251;

/** Whether a write violated the unique index of this name, which every MongoDB version names in the message. */
export function isDuplicateKey(error: unknown, indexName: string): boolean {
  return (
    error instanceof mongo.MongoError && error.code === 11000 && error.message.includes(` ${indexName} `)
  );
}
