import { mongo } from 'mongoose';
import { buildIndexes, existingIndexes, keyText, wantedIndexes } from '../store/collection-indexes';
import { models } from '../store/store';
import type { AdminCommand, AdminContext } from './admin-command';
import { chunkCounts, shardedKey, shardNames } from './cluster';
import { splitEvenly } from './split';

/** The prefix of every unique index, which a hash would not be. */
const shardKey = { sessionId: 1 } as const;
const temporaryIndex = { sessionId: 1, _id: 1 } as const;
const wholeNumber = /^[1-9]\d{0,3}$/;

/**
 * Shards both collections by `sessionId`, in an order that keeps their unique indexes: first the indexes, then the shard
 * key, then the chunks.
 */
export const shard: AdminCommand = {
  summary: 'Shards both collections by sessionId, splits them over the shards, and checks the result.',
  options: { hashed: { type: 'boolean' }, chunks: { type: 'string' }, ids: { type: 'string' } },
  optionHelp: {
    '--chunks N': 'Number of chunks for each collection; by default four per shard.',
    '--ids uuid': 'Without sessions to learn from: expect ids that begin with random hexadecimal digits.',
    '--hashed': 'Refused, with the reason.',
  },
  async run(context, { hashed, chunks, ids }) {
    if (hashed === true) throw new Error(whyNotHashed);
    if (chunks !== undefined && !wholeNumber.test(String(chunks)))
      throw new Error('--chunks must be a whole number from 1 to 9999.');
    if (ids !== undefined && ids !== 'uuid') throw new Error('--ids takes only "uuid".');
    refuseOtherDeployments(context);
    const shards = await shardNames(context.store);
    const wanted = chunks === undefined ? shards.length * 4 : Number(chunks);
    for (const { collection: name } of models) await shardCollection(context, name);
    await splitEvenly(context, shards, wanted, ids === 'uuid');
    return report(context);
  },
};

const whyNotHashed =
  'A hashed shard key cannot support unique indexes: MongoDB keeps { sessionId: 1 } and { sessionId: 1, eventId: 1 } ' +
  'unique only if the shard key is their prefix, and these indexes make retries safe. So the key is ' +
  'ranged. Random ids (UUID version 4) spread as evenly as hashes; ids that begin with a time or a ' +
  'counter send all new sessions to one shard, so put something random in front of those.';

function refuseOtherDeployments({ store }: AdminContext): void {
  if (store.isSharded) return;
  throw new Error(
    'This is not a sharded cluster: set MONGODB_URI to a mongos. ' +
      'On a replica set, there is nothing to shard.',
  );
}

async function shardCollection(context: AdminContext, name: string): Promise<void> {
  const { store, print } = context;
  const collection = store.database.collection(name);
  const key = await shardedKey(store, name);
  if (key !== null && keyText(key) !== keyText(shardKey)) {
    throw new Error(
      `${name} is sharded by ${keyText(key)}, under which its unique indexes cannot be kept. MongoDB 5.0 and later ` +
        `can change that: db.adminCommand({ reshardCollection: "${collection.namespace}", key: ${keyText(shardKey)} }).`,
    );
  }
  if (key !== null) await replaceLooseIndex(context, collection);
  const { schema } = models.find((model) => model.collection === name)!;
  await buildIndexes(collection, wantedIndexes(schema));
  if (key !== null) return print(`${name}: sharded by ${keyText(shardKey)} already`);
  const admin = store.client.db('admin');
  // Needed before MongoDB 6.0, and harmless since.
  await admin.command({ enableSharding: store.database.databaseName });
  const unique = wantedIndexes(schema).some(
    (index) => index.unique && keyText(index.key) === keyText(shardKey),
  );
  await admin.command({ shardCollection: collection.namespace, key: shardKey, unique });
  print(`${name}: sharded by ${keyText(shardKey)}`);
}

/**
 * Sharding an empty collection creates a non-unique index of the key, which MongoDB cannot change (before 6.0), and it never
 * drops the last index that begins with the shard key. So a temporary index replaces it meanwhile.
 */
async function replaceLooseIndex({ print }: AdminContext, collection: mongo.Collection): Promise<void> {
  const { schema } = models.find((model) => model.collection === collection.collectionName)!;
  const wanted = wantedIndexes(schema).find((index) => keyText(index.key) === keyText(shardKey));
  if (!wanted?.unique) return;
  const existing = await existingIndexes(collection);
  const loose = existing.find(({ key, unique }) => keyText(key) === keyText(shardKey) && unique !== true);
  if (loose) {
    print(`${collection.collectionName}: replacing the index ${keyText(shardKey)} by a unique one …`);
    await collection.createIndex(temporaryIndex);
    await collection.dropIndex(loose.name);
    await buildUnique(collection);
  }
  const hasTemporary = existing.some(({ key }) => keyText(key) === keyText(temporaryIndex));
  if (loose || hasTemporary) await collection.dropIndex('sessionId_1__id_1');
}

async function buildUnique(collection: mongo.Collection): Promise<void> {
  try {
    await collection.createIndex(shardKey, { unique: true });
  } catch (error) {
    if (!(error instanceof mongo.MongoServerError) || error.code !== 11000) throw error;
    throw new Error(
      `Some sessionId is stored twice in ${collection.collectionName}, so its index cannot become unique: ` +
        `${error.message}. Remove one of the two, then run this again.`,
      { cause: error },
    );
  }
}

/** Reports the chunks; 1 if a collection is not sharded as it should be. */
async function report({ store, print }: AdminContext): Promise<number> {
  let isRight = true;
  for (const { collection: name } of models) {
    const key = await shardedKey(store, name);
    isRight &&= key !== null && keyText(key) === keyText(shardKey);
    const counts = [...(await chunkCounts(store, name))].map(([shardName, count]) => `${shardName} ${count}`);
    print(`${name}: chunks ${counts.join(', ')}`);
  }
  return isRight ? 0 : 1;
}
