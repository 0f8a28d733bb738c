import { Double, Int32, UUID } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument, BsonValue, documentOf, isDocument } from '../language/bson-value';
import { compareValues } from '../language/compare';
import { formatForMessage, MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { compileFilter } from '../language/filter-match';
import { StoredCollection, StoredIndex } from '../storage/catalog';
import {
  addIndexes,
  createCollection,
  dropCollection,
  dropIndexes as dropFrom,
} from '../storage/catalog-changes';
import { WriteScope } from '../storage/group-commit';
import { totalsOf } from './diagnostics';
import { isPresent, normalizedSpec } from './index-spec';
import { collectionFor } from './modification';
import { assertDatabaseName, namespaceOf, Options, writableNamespaceOf } from './options';
import { CommandRequest, listing, Reply, replyOf, ReplyValue } from './request';

export async function create(request: CommandRequest, engine: Engine): Promise<Reply> {
  const ns = writableNamespaceOf(request);
  await engine.write(request, (scope) => {
    if (scope.use(ns)) throw new MongoError(48, `Collection already exists. NS: ${ns}`);
    createCollection(scope, ns);
  });
  return new Map();
}

export async function drop(request: CommandRequest, engine: Engine): Promise<Reply> {
  const ns = namespaceOf(request);
  const dropped = await engine.change(request, (scope) => {
    const collection = existing(scope, ns);
    dropCollection(scope, collection);
    return collection;
  });
  return replyOf<Int32 | string>({ nIndexesWas: new Int32(dropped.indexes.length), ns });
}

/** @throws MongoError NamespaceNotFound */
export function existing(scope: WriteScope, ns: string): StoredCollection {
  const collection = scope.use(ns);
  if (!collection) throw new MongoError(26, 'ns not found');
  return collection;
}

export async function dropDatabase(request: CommandRequest, engine: Engine): Promise<Reply> {
  assertDatabaseName(request.db);
  const dropped = await engine.change(request, (scope) => {
    const collections = scope.catalog.inDatabase(request.db);
    // All or none: each is free before the first one goes.
    for (const { ns } of collections) scope.claimCollection(ns);
    for (const collection of collections) dropCollection(scope, collection);
    return collections.length > 0;
  });
  return new Map(dropped ? [['dropped', request.db]] : []);
}

export function listCollections(request: CommandRequest, engine: Engine, options: Options): Reply {
  const collections = engine.readCatalog(request, ({ catalog }) => catalog.inDatabase(request.db));
  const entries = filtered(
    options,
    collections.map(({ name, options: given, uuid, indexes }) =>
      documentOf({
        name,
        type: 'collection',
        options: given,
        info: documentOf({ readOnly: false, uuid }),
        idIndex: indexes[0]!.spec,
      }),
    ),
  );
  const shown = options.boolean('nameOnly')
    ? entries.map((entry) => fieldsOf(entry, ['name', 'type']))
    : entries;
  return listing(`${request.db}.$cmd.listCollections`, shown);
}

export function listDatabases(request: CommandRequest, engine: Engine, options: Options): Reply {
  if (request.db !== 'admin')
    throw new MongoError(13, 'listDatabases may only be run against the admin database.');
  const all = engine.readCatalog(request, (scope) => {
    const names = [...new Set(scope.catalog.all().map(({ db }) => db))].sort();
    return names.map((name) => {
      const { bytes } = totalsOf(scope, scope.catalog.inDatabase(name));
      return documentOf({ name, sizeOnDisk: new Double(bytes), empty: false });
    });
  });
  const databases = filtered(options, all);
  if (options.boolean('nameOnly'))
    return replyOf({ databases: databases.map((entry) => fieldsOf(entry, ['name'])) });
  const total = databases.reduce((sum, entry) => sum + (entry.get('sizeOnDisk') as Double).value, 0);
  return replyOf({ databases, totalSize: new Double(total) });
}

export function listIndexes(request: CommandRequest, engine: Engine): Reply {
  const ns = namespaceOf(request);
  const collection = engine.readCatalog(request, ({ catalog }) => catalog.find(ns));
  if (!collection) throw new MongoError(26, `ns does not exist: ${ns}`);
  return listing(
    ns,
    collection.indexes.map(({ spec }) => spec),
  );
}

function filtered(options: Options, entries: BsonDocument[]): BsonDocument[] {
  const filter = options.document('filter');
  if (!filter) return entries;
  const { matches } = compileFilter(parseFilter(filter));
  return entries.filter((entry) => matches(entry));
}

function fieldsOf(entry: BsonDocument, names: readonly string[]): BsonDocument {
  return new Map(names.map((name) => [name, entry.get(name)!]));
}

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
