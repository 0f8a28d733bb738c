import { mongo, type Schema } from 'mongoose';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseOpenError } from '../database/connect';
import type { Log } from '../log';

/** An index that a model declares. */
export interface WantedIndex {
  readonly name: string;
  readonly key: Readonly<Record<string, 1 | -1>>;
  readonly unique: boolean;
  readonly partialFilterExpression?: mongo.Document;
}

/** An index that a collection has. */
export type ExistingIndex = mongo.IndexDescriptionInfo & { readonly name: string };

/** A wanted index and its state: missing, present, or present with other options. */
export interface IndexComparison {
  readonly wanted: WantedIndex;
  readonly state: 'present' | 'missing' | 'different';
  readonly existing: ExistingIndex | null;
}

/** The indexes that a model declares. */
export function wantedIndexes(schema: Schema): WantedIndex[] {
  return schema.indexes().map(([key, { unique, partialFilterExpression }]) => ({
    name: Object.entries(key)
      .map(([field, direction]) => `${field}_${String(direction)}`)
      .join('_'),
    key: key as Record<string, 1 | -1>,
    unique: unique === true,
    ...(partialFilterExpression && { partialFilterExpression }),
  }));
}

/** The indexes of the collection, except that of `_id`; none if there is no such collection. */
export async function existingIndexes<Row extends object>(
  collection: mongo.Collection<Row>,
): Promise<ExistingIndex[]> {
  try {
    const indexes = (await collection.indexes()) as ExistingIndex[];
    return indexes.filter(({ name }) => name !== '_id_');
  } catch (error) {
    if (error instanceof mongo.MongoServerError && error.code === namespaceNotFound) return [];
    throw error;
  }
}

const namespaceNotFound = 26;

/** Compares the wanted indexes with the existing ones. */
export function compareIndexes(
  wanted: readonly WantedIndex[],
  existing: readonly ExistingIndex[],
): IndexComparison[] {
  return wanted.map((index) => {
    const sameKey = existing.filter(({ key }) => keyText(key) === keyText(index.key));
    const same = sameKey.find((found) => sameOptions(index, found));
    if (same) return { wanted: index, state: 'present', existing: same };
    const [other] = sameKey;
    return { wanted: index, state: other ? 'different' : 'missing', existing: other ?? null };
  });
}

/** The indexes that no model declares. */
export function foreignIndexes(
  wanted: readonly WantedIndex[],
  existing: readonly ExistingIndex[],
): ExistingIndex[] {
  const keys = new Set(wanted.map(({ key }) => keyText(key)));
  return existing.filter(({ key }) => !keys.has(keyText(key)));
}

/** A key as people write it: `{ sessionId: 1, position: 1 }`. */
export function keyText(key: object): string {
  const fields = Object.entries(key).map(([field, direction]) => `${field}: ${String(direction)}`);
  return `{ ${fields.join(', ')} }`;
}

function sameOptions(wanted: WantedIndex, { unique, partialFilterExpression }: ExistingIndex): boolean {
  return (
    wanted.unique === (unique === true) &&
    JSON.stringify(wanted.partialFilterExpression ?? null) === JSON.stringify(partialFilterExpression ?? null)
  );
}

/**
 * Builds the missing indexes, and creates the collection. Waits as long as that takes.
 * @throws DatabaseOpenError if an existing index conflicts, otherwise the driver's errors
 */
export async function buildIndexes(
  collection: mongo.Collection,
  wanted: readonly WantedIndex[],
  log?: Log,
): Promise<void> {
  for (;;) {
    try {
      await collection.createIndexes(wanted.map(({ name, ...index }) => ({ ...index, name })));
      return;
    } catch (error) {
      if (isConflict(error))
        throw conflict(collection, compareIndexes(wanted, await existingIndexes(collection)));
      // A large build takes longer than the socket timeout; a second command joins the running build.
      if (!(error instanceof mongo.MongoNetworkTimeoutError)) throw error;
      log?.warn({ collection: collection.collectionName }, 'still building indexes');
      await sleep(1000);
    }
  }
}

/**
 * Requires the indexes that keep ids unique; warns of other missing ones.
 * @throws DatabaseOpenError that states how to build them
 */
export async function requireIndexes(
  collection: mongo.Collection,
  wanted: readonly WantedIndex[],
  log?: Log,
): Promise<void> {
  const comparisons = compareIndexes(wanted, await existingIndexes(collection));
  const absent = comparisons.filter(({ state }) => state !== 'present');
  const needed = absent.filter(({ wanted: { unique } }) => unique);
  if (needed.some(({ state }) => state === 'different')) throw conflict(collection, comparisons);
  if (needed.length > 0) {
    throw new DatabaseOpenError(
      `AUTO_INDEX=false, and the collection ${collection.collectionName} lacks the unique index ` +
        `${needed.map(({ wanted: { key } }) => keyText(key)).join(' and ')}, without which an event could be stored ` +
        'twice. Build it with "npm run admin -- indexes --build".',
    );
  }
  for (const { wanted: index } of absent) {
    log?.warn(
      { collection: collection.collectionName, index: index.name },
      'an index is missing; build it with "npm run admin -- indexes --build"',
    );
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && (error.code === 85 || error.code === 86);
}

function conflict(collection: mongo.Collection, comparisons: readonly IndexComparison[]): DatabaseOpenError {
  const different = comparisons.filter(({ state }) => state === 'different');
  const keys = different.map(({ wanted, existing }) => {
    const lack = wanted.unique && existing?.unique !== true ? ', but not unique' : ', with other options';
    return `${keyText(wanted.key)}${lack}`;
  });
  const name = collection.collectionName;
  return new DatabaseOpenError(
    `The collection ${name} has an index ${keys.join(' and ') || 'that conflicts'}. ` +
      'Sharding a collection before the first start makes such an index: "npm run admin -- shard" replaces it. ' +
      `Any other one can be dropped: db.${name}.dropIndex("${different[0]?.existing?.name ?? 'its name'}").`,
  );
}
