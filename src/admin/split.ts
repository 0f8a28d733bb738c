import { mongo } from 'mongoose';
import type { Store } from '../store/store';
import { models } from '../store/store';
import type { AdminContext } from './admin-command';
import { chunks } from './cluster';

/** How many ids a chunk's boundaries are learned from. */
const sampledPerChunk = 100;

/**
 * Splits both collections at the same ids into `wanted` chunks, and deals them out to the shards in turn, so that a
 * session and its events are on the same shard. Chunks that are already there stay.
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

/** The ids at which `wanted` chunks of equally many sessions begin, but for the first. */
async function learnedPoints({ sessions }: Store, wanted: number): Promise<string[]> {
  const sampled = await sessions
    .aggregate<{ sessionId: string }>([
      { $sample: { size: wanted * sampledPerChunk } },
      { $project: { _id: 0, sessionId: 1 } },
    ])
    .toArray();
  // In the order of the database, which is that of UTF-8.
  const ids = [...new Set(sampled.map(({ sessionId }) => sessionId))].sort((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  if (ids.length < wanted * 2) return [];
  return Array.from(
    { length: wanted - 1 },
    (_, index) => ids[Math.floor(((index + 1) * ids.length) / wanted)]!,
  );
}

/** The same for ids that begin with four hexadecimal digits at random. */
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

/** Moves each chunk to its shard: neighbours go to different ones, which also spreads ids that grow slowly. */
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
  // The chunk that begins at MinKey is found by an id that lies in it.
  const find = { sessionId: min.sessionId instanceof mongo.MinKey ? '' : min.sessionId };
  await admin.command({ moveChunk: namespace, find, to });
}
