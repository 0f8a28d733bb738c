import { mongo } from 'mongoose';
import type { Store } from './store';

/** One change of a change stream; ids only, never data. */
export type StoredChange =
  | { readonly kind: 'event'; readonly sessionId: string }
  /** `storedId` is the database's own id of the session, in hexadecimal. */
  | { readonly kind: 'session'; readonly storedId: string };

interface Projected {
  readonly sessionId?: string;
  readonly documentKey: { readonly _id: mongo.ObjectId };
}

/** How long the server waits for a change before it returns an empty batch. */
const maxAwaitTimeMS = 1_000;

/**
 * Majority-committed changes by any process: added events, and other changes of sessions. Only ids are transferred. Yields
 * null once the stream is open, and again whenever nothing happens for a while. Resumes after network errors and failovers.
 * @throws the driver's errors; one for which {@link hasNoChangeStreams} holds if the server has no change streams
            // What an added event changes too; it is told of by itself. =>             // Adding an event changes these too, and is reported separately.
 */
export async function* watchChanges(
  { database, events, sessions }: Store,
  signal: AbortSignal,
): AsyncGenerator<StoredChange | null, void> {
  const pipeline = [
    {
      $match: {
        $or: [
          { 'ns.coll': events.collectionName, operationType: 'insert' },
          {
            'ns.coll': sessions.collectionName,
            operationType: { $in: ['update', 'replace'] },
            // What an added event changes too; it is told of by itself.
            'updateDescription.updatedFields.eventCount': { $exists: false },
          },
        ],
      },
    },
    { $project: { documentKey: 1, sessionId: '$fullDocument.sessionId' } },
  ];
  const stream = database.watch<never, Projected>(pipeline, { maxAwaitTimeMS });
  const close = () => void stream.close().catch(() => undefined);
  signal.addEventListener('abort', close);
  try {
    while (!signal.aborted) {
      const change = await stream.tryNext();
      // Dropping the database closes the stream, which would then return null without pause, forever.
      if (change === null && stream.closed) throw new Error('the change stream has ended');
      if (change === null) yield null;
      else if (change.sessionId !== undefined) yield { kind: 'event', sessionId: change.sessionId };
      else yield { kind: 'session', storedId: String(change.documentKey._id) };
    }
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/**
 * Whether the server or the user's rights do not allow change streams: not a replica set (40573), an unknown stage
 * (40324), command (59) or namespace (73: the embedded engine aggregates no whole database), not supported (115, 303), or
 * not allowed (13).
 */
export function hasNoChangeStreams(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && unsupported.has(Number(error.code));
}

const unsupported = new Set([13, 59, 73, 115, 303, 40324, 40573]);
