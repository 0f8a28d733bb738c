import type { mongo } from 'mongoose';
import type { Store } from '../store/store';

/** A collection in the cluster's config database. From MongoDB 5.0 on, its chunks refer to `uuid`. */
interface ClusterCollection {
  readonly _id: string;
  readonly key: mongo.Document;
  readonly dropped?: boolean;
  readonly uuid?: mongo.UUID;
}

/** The shards of the cluster, by name. */
export async function shardNames({ client }: Store): Promise<string[]> {
  const { shards } = await client.db('admin').command({ listShards: 1 });
  return (shards as { _id: string }[]).map(({ _id }) => _id).sort();
}

/** The shard key of a collection; null if it is not sharded. */
export async function shardedKey(store: Store, name: string): Promise<mongo.Document | null> {
  return (await clusterCollection(store, name))?.key ?? null;
}

/** The number of a collection's chunks on each shard. */
export async function chunkCounts(store: Store, name: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { shard } of await chunks(store, name)) counts.set(shard, (counts.get(shard) ?? 0) + 1);
  return counts;
}

/** The chunks of a collection in the order of their keys. */
export async function chunks(store: Store, name: string) {
  const collection = await clusterCollection(store, name);
  if (collection === null) return [];
  return store.client
    .db('config')
    .collection<{ shard: string; min: mongo.Document }>('chunks')
    .find({ $or: [{ ns: collection._id }, ...(collection.uuid ? [{ uuid: collection.uuid }] : [])] })
    .sort({ min: 1 })
    .toArray();
}

async function clusterCollection(
  { client, database }: Store,
  name: string,
): Promise<ClusterCollection | null> {
  const row = await client
    .db('config')
    .collection<ClusterCollection>('collections')
    .findOne({ _id: `${database.databaseName}.${name}`, dropped: { $ne: true } });
  // From MongoDB 7.0 on, unsharded collections can be listed too, without our key.
  return row && row.key !== undefined && !('_id' in row.key) ? row : null;
}
