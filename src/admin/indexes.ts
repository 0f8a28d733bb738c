import type { mongo } from 'mongoose';
import {
  compareIndexes,
  existingIndexes,
  foreignIndexes,
  type IndexComparison,
  keyText,
  wantedIndexes,
} from '../store/collection-indexes';
import { buildAllIndexes, models } from '../store/store';
import type { AdminCommand, AdminContext } from './admin-command';

/** The size of a collection over all shards, in bytes. */
interface CollectionSize {
  readonly documents: number;
  readonly bytes: number;
  readonly indexes: Readonly<Record<string, number>>;
}

/** Lists existing and missing indexes, and builds the missing ones. */
export const indexes: AdminCommand = {
  summary: 'Shows which indexes exist, which are missing, and what building them would cost.',
  options: { build: { type: 'boolean' } },
  optionHelp: { '--build': 'Builds the missing indexes. Safe while servers run; reads each document once.' },
  async run(context, { build }) {
    if (build === true) await buildMissing(context);
    let isComplete = true;
    for (const { collection: name, schema } of models) {
      const collection = context.store.database.collection(name);
      const wanted = wantedIndexes(schema);
      const existing = await existingIndexes(collection);
      const comparisons = compareIndexes(wanted, existing);
      isComplete &&= comparisons.every(({ state }) => state === 'present');
      report(context, name, comparisons, await sizeOf(collection));
      for (const index of foreignIndexes(wanted, existing))
        context.print(`  extra      ${keyText(index.key)}  (not used by the service)`);
      context.print('');
    }
    if (!isComplete) context.print('Build the missing indexes with: npm run admin -- indexes --build');
    return isComplete ? 0 : 1;
  },
};

async function buildMissing({ store, print }: AdminContext): Promise<void> {
  const started = performance.now();
  print('Building the missing indexes …');
  await buildAllIndexes(store);
  print(`Built in ${((performance.now() - started) / 1000).toFixed(1)} s.\n`);
}

function report(
  { print }: AdminContext,
  name: string,
  comparisons: readonly IndexComparison[],
  size: CollectionSize,
): void {
  print(
    `${name}: ${size.documents.toLocaleString('en')} documents${size.bytes > 0 ? `, ${inMiB(size.bytes)}` : ''}`,
  );
  for (const { wanted, state, existing } of comparisons) {
    const bytes = existing && size.indexes[existing.name];
    const details = [
      ...(wanted.unique ? ['unique'] : []),
      ...(wanted.partialFilterExpression ? ['partial'] : []),
      ...(bytes ? [inMiB(bytes)] : []),
      ...(state === 'missing' ? [`building it reads all documents`] : []),
      ...(state === 'different' ? ['an index with this key has other options'] : []),
    ];
    print(
      `  ${state.padEnd(11)}${keyText(wanted.key)}${details.length > 0 ? `  (${details.join(', ')})` : ''}`,
    );
  }
}

async function sizeOf(collection: mongo.Collection): Promise<CollectionSize> {
  const documents = await collection.estimatedDocumentCount();
  const shards = await collection
    .aggregate<{
      storageStats: { size: number; indexSizes: Record<string, number> };
    }>([{ $collStats: { storageStats: {} } }])
    .toArray()
    // A collection that does not exist yet has no statistics.
    .catch(() => []);
  const sizes: Record<string, number> = {};
  for (const { storageStats } of shards) {
    for (const [index, bytes] of Object.entries(storageStats.indexSizes))
      sizes[index] = (sizes[index] ?? 0) + bytes;
  }
  return {
    documents,
    bytes: shards.reduce((sum, { storageStats }) => sum + storageStats.size, 0),
    indexes: sizes,
  };
}

function inMiB(bytes: number): string {
  return `${(bytes / 1024 / 1024).toLocaleString('en', { maximumFractionDigits: 1 })} MiB`;
}
