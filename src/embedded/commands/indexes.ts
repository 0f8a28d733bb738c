import { Int32, UUID } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { compareValues } from '../language/compare';
import { MongoError } from '../language/errors';
import { formatForMessage } from '../language/message-format';
import { StoredCollection, StoredIndex } from '../storage/catalog';
import { addIndexes, dropIndexes as dropFrom } from '../storage/catalog-changes';
import { WriteScope } from '../storage/write-scope';
import { existing } from './collections';
import { CommandRequest, Reply, replyOf, ReplyValue } from './command';
import { assertOptions, documentsOption } from './generic-options';
import { isPresent, normalizedSpec } from './index-spec';
import { collectionFor } from './insert';
import { assertWritable, namespaceOf } from './namespace';

// commitQuorum is for indexes that several nodes build.
const createOptions = { taken: new Set(['indexes', 'commitQuorum', 'ignoreUnknownIndexOptions']) };
const dropOptions = { taken: new Set(['index']) };
const mostIndexes = 64;

/** Builds at once, with nothing else written meanwhile: over a million documents that takes seconds. */
export async function createIndexes(request: CommandRequest, engine: Engine): Promise<Reply> {
  assertOptions(request, createOptions);
  const ns = namespaceOf(request);
  assertWritable(ns);
  const given = documentsOption(request.body, 'indexes', 'createIndexes');
  if (given.length === 0) throw new MongoError(2, 'Must specify at least one index to create');
  const specs = given.map(normalizedSpec);
  const transaction = engine.sessions.transactionOf(request);
  return engine.build(request, (scope) => {
    const isNew = !scope.use(ns);
    const collection = collectionFor(scope, ns);
    const missing = missingOf(collection, specs);
    if (missing.length > 0 && transaction && !transaction.hasCreated(ns)) {
      throw new MongoError(
        263,
        `Cannot create new indexes on existing collection ${ns} in a multi-document transaction.`,
      );
    }
    if (missing.length > 0) build(scope, collection, missing);
    return created(isNew, collection, missing);
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

function missingOf(collection: StoredCollection, specs: readonly BsonDocument[]): BsonDocument[] {
  const present = collection.indexes.map(({ spec }) => spec);
  const missing: BsonDocument[] = [];
  for (const spec of specs) {
    if (!isPresent([...present, ...missing], spec)) missing.push(spec);
  }
  if (present.length + missing.length > mostIndexes) {
    throw new MongoError(
      cannotCreateIndex,
      `add index fails, too many indexes for ${collection.ns} key:${formatForMessage(missing.at(-1)!.get('key')!)}`,
    );
  }
  return missing;
}

const cannotCreateIndex = 67;

function created(isNew: boolean, { indexes }: StoredCollection, added: readonly BsonDocument[]): Reply {
  return replyOf<ReplyValue>({
    createdCollectionAutomatically: isNew,
    numIndexesBefore: new Int32(indexes.length),
    numIndexesAfter: new Int32(indexes.length + added.length),
    ...(added.length === 0 && { note: 'all indexes already exist' }),
  });
}

export async function dropIndexes(request: CommandRequest, engine: Engine): Promise<Reply> {
  assertOptions(request, dropOptions);
  const ns = namespaceOf(request);
  const which = request.body.get('index');
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
  if (Array.isArray(which)) return which.flatMap((name) => byName(indexes, name));
  const found = isDocument(which) ? byKey(indexes, which) : byName(indexes, which);
  return [found];
}

function byName(indexes: readonly StoredIndex[], name: BsonValue | undefined): StoredIndex {
  if (typeof name !== 'string') throw new MongoError(14, 'index names must be strings');
  const found = indexes.find((index) => index.name === name);
  if (!found) throw new MongoError(27, `index not found with name [${name}]`);
  return droppable(found);
}

function byKey(indexes: readonly StoredIndex[], key: BsonDocument): StoredIndex {
  const found = indexes.find((index) => compareValues(index.key, key) === 0);
  if (!found) throw new MongoError(27, `can't find index with key: ${formatForMessage(key)}`);
  return droppable(found);
}

function droppable(index: StoredIndex): StoredIndex {
  if (index.name === '_id_') throw new MongoError(72, 'cannot drop _id index');
  return index;
}
