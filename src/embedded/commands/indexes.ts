import { Int32, UUID } from 'bson';
import { Engine } from '../engine';
import { BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { compareValues } from '../language/compare';
import { MongoError, formatForMessage } from '../language/errors';
import { StoredCollection, StoredIndex } from '../storage/catalog';
import { addIndexes, dropIndexes as dropFrom } from '../storage/catalog-changes';
import { WriteScope } from '../storage/write-scope';
import { existing } from './catalog';
import { isPresent, normalizedSpec } from './index-spec';
import { collectionFor } from './modification';
import { namespaceOf, Options, writableNamespaceOf } from './options';
import { CommandRequest, Reply, replyOf, ReplyValue } from './request';

const MOST_INDEXES = 64;

/** Builds at once, with nothing else written meanwhile: over a million documents that takes seconds. */
export async function createIndexes(
  request: CommandRequest,
  engine: Engine,
  options: Options,
): Promise<Reply> {
  const ns = writableNamespaceOf(request);
  const specs = options.documents('indexes').map(normalizedSpec);
  if (specs.length === 0) throw new MongoError(2, 'Must specify at least one index to create');
  const transaction = engine.sessions.transactionOf(request);
  return engine.build(request, (scope) => {
    const isNew = !scope.use(ns);
    const collection = collectionFor(scope, ns);
    const missing = missingOf(collection, specs);
    if (missing.length > 0 && transaction && !transaction.hasCreated(ns)) {
      throw new MongoError(263, `Cannot create new indexes on existing collection ${ns} in a transaction`);
    }
    if (missing.length > 0) build(scope, collection, missing);
    const before = collection.indexes.length;
    return replyOf<ReplyValue>({
      createdCollectionAutomatically: isNew,
      numIndexesBefore: new Int32(before),
      numIndexesAfter: new Int32(before + missing.length),
      ...(missing.length === 0 && { note: 'all indexes already exist' }),
    });
  });
}

/** @throws MongoError DuplicateKey and others of the documents that are there, in the words of an index build */
function build(scope: WriteScope, collection: StoredCollection, specs: readonly BsonDocument[]): void {
  try {
    addIndexes(scope, collection, specs);
  } catch (error) {
    if (!(error instanceof MongoError)) throw error;
    const where = `Collection ${collection.ns} ( ${collection.uuid.toUUID().toString()} )`;
    const message = `Index build failed: ${new UUID().toString()}: ${where} :: caused by :: ${error.message}`;
    throw new MongoError(error.code, message, error.labels, error.extra);
  }
}

function missingOf({ ns, indexes }: StoredCollection, specs: readonly BsonDocument[]): BsonDocument[] {
  const present = indexes.map(({ spec }) => spec);
  const missing: BsonDocument[] = [];
  for (const spec of specs) {
    if (!isPresent([...present, ...missing], spec)) missing.push(spec);
  }
  if (present.length + missing.length > MOST_INDEXES) throw new MongoError(67, `too many indexes for ${ns}`);
  return missing;
}

export async function dropIndexes(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const ns = namespaceOf(request);
  const which = options.get('index');
  const before = await engine.change(request, (scope) => {
    const collection = existing(scope, ns);
    dropFrom(scope, collection, chosen(collection, which));
    return collection;
  });
  const reply: Reply = new Map([['nIndexesWas', new Int32(before.indexes.length)]]);
  return which === '*' ? reply.set('msg', 'non-_id indexes dropped for collection') : reply;
}

/** @throws MongoError IndexNotFound, InvalidOptions for the index of `_id` */
function chosen({ indexes }: StoredCollection, which: BsonValue | undefined): StoredIndex[] {
  if (which === '*') return indexes.slice(1);
  return (Array.isArray(which) ? which : [which]).map((wanted) => {
    if (typeof wanted !== 'string' && !isDocument(wanted)) {
      throw new MongoError(14, 'an index is named by its name or its key pattern');
    }
    const found = indexes.find(({ name, key }) =>
      isDocument(wanted) ? compareValues(key, wanted) === 0 : name === wanted,
    );
    if (!found) throw new MongoError(27, `index not found with name [${formatForMessage(wanted)}]`);
    if (found.name === '_id_') throw new MongoError(72, 'cannot drop _id index');
    return found;
  });
}
