import { Double, Int32 } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument, documentOf } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { compileFilter } from '../language/filter-match';
import { StoredCollection } from '../storage/catalog';
import { createCollection, dropCollection } from '../storage/catalog-changes';
import { WriteScope } from '../storage/write-scope';
import { assertDatabaseName, namespaceOf, Options, writableNamespaceOf } from './options';
import { CommandRequest, listing, Reply, replyOf } from './request';
import { totalsOf } from './statistics';

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
