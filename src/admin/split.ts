import { mongo } from 'mongoose';
import type { Store } from '../store/store';
import { models } from '../store/store';
import type { AdminContext } from './admin-command';
import { chunks } from './cluster';

/** How many sampled ids per chunk determine its boundaries. */
const sampledPerChunk = 100;

/**
 * Splits both collections at the same ids into `wanted` chunks, and distributes them over the shards in turn, so that a
 * session and its events are on the same shard. Existing chunks stay.
 */
export async function splitEvenly(
  context: AdminContext,
  shards: readonly string[],
  wanted: number,
  idsAreHex: boolean,
): Promise<void> {
  const { store, print } = context;
  const points = idsAreHex ? hexPoints(wanted) : await learnedPoints(store, wanted);
  if (points.length === 0) {
    return print(
      'There are too few sessions to learn from how their ids are spread, so nothing is split: the balancer will, as ' +
        'data comes. Where ids begin with hexadecimal digits, as UUIDs do: --ids uuid.',
    );
  }
  for (const { collection } of models) {
    const present = new Set((await chunks(store, collection)).map(({ min }) => String(min.sessionId)));
    for (const point of points) if (!present.has(point)) await split(store, collection, point);
    await deal(store, collection, shards);
  }
}

/** The first ids of `wanted` chunks with equally many sessions, except the first chunk. */
async function learnedPoints({ sessions }: Store, wanted: number): Promise<string[]> {
  const sampled = await sessions
    .aggregate<{ sessionId: string }>([
      { $sample: { size: wanted * sampledPerChunk } },
      { $project: { _id: 0, sessionId: 1 } },
    ])
    .toArray();
  // In the order of the database, which is UTF-8.
  const ids = [...new Set(sampled.map(({ sessionId }) => sessionId))].sort((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  if (ids.length < wanted * 2) return [];
  return Array.from(
    { length: wanted - 1 },
    (_, index) => ids[Math.floor(((index + 1) * ids.length) / wanted)]!,
  );
}

/** The same for ids that begin with four random hexadecimal digits. */
function hexPoints(wanted: number): string[] {
  return Array.from({ length: wanted - 1 }, (_, index) =>
    Math.floor(((index + 1) * 0x10000) / wanted)
      .toString(16)
      .padStart(4, '0'),
  );
}

async function split({ client, database }: Store, collection: string, sessionId: string): Promise<void> {
  await client
    .db('admin')
    .command({ split: `${database.databaseName}.${collection}`, middle: { sessionId } });
}

/** Moves each chunk to its shard. Neighbours go to different shards, which also spreads slowly growing ids. */
async function deal(store: Store, collection: string, shards: readonly string[]): Promise<void> {
  const ordered = await chunks(store, collection);
  for (const [index, { shard, min }] of ordered.entries()) {
    const to = shards[index % shards.length]!;
    if (to !== shard) await move(store, collection, min, to);
  }
}

async function move(
  { client, database }: Store,
  collection: string,
  min: mongo.Document,
  to: string,
): Promise<void> {
  const namespace = `${database.databaseName}.${collection}`;
  const admin = client.db('admin');
  // The chunk that begins at MinKey is found by an id inside it.
  const find = { sessionId: min.sessionId instanceof mongo.MinKey ? '' : min.sessionId };
  await admin.command({ moveChunk: namespace, find, to });
}
