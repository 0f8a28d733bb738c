import { Double } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument } from '../language/bson-value';
import { check, MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { compileFilter } from '../language/filter-match';
import { StoredCollection } from '../storage/catalog';
import { createCollection, dropCollection } from '../storage/catalog-changes';
import { WriteScope } from '../storage/group-commit';
import { totalsOf } from './diagnostics';
import { checkDatabaseName, namespaceOf, Options, writableNamespaceOf } from './options';
import { bson, CommandRequest, listing, Reply } from './request';

export async function create(request: CommandRequest, engine: Engine): Promise<Reply> {
  const ns = writableNamespaceOf(request);
  await engine.write(request, (scope) => {
    check(!scope.use(ns), 48, `Collection already exists. NS: ${ns}`);
    createCollection(scope, ns);
  });
  return new Map();
}

export async function drop(request: CommandRequest, engine: Engine): Promise<Reply> {
  const ns = namespaceOf(request);
  const nIndexesWas = await engine.change(request, (scope) => {
    const collection = existing(scope, ns);
    dropCollection(scope, collection);
    return collection.indexes.length;
  });
  return bson({ nIndexesWas, ns });
}

/** @throws MongoError NamespaceNotFound */
export function existing(scope: WriteScope, ns: string): StoredCollection {
  const collection = scope.use(ns);
  if (collection) return collection;
  throw new MongoError(26, `ns not found: ${ns}`);
}

export async function dropDatabase(request: CommandRequest, engine: Engine): Promise<Reply> {
  checkDatabaseName(request.db);
  const dropped = await engine.change(request, (scope) => {
    const collections = scope.catalog.inDatabase(request.db);
    // All or none: each is free before the first one goes.
    for (const { ns } of collections) scope.claimCollection(ns);
    for (const collection of collections) dropCollection(scope, collection);
    return collections.length;
  });
  return bson(dropped > 0 ? { dropped: request.db } : {});
}

export function listCollections(request: CommandRequest, engine: Engine, options: Options): Reply {
  const collections = engine.readCatalog(request, ({ catalog }) => catalog.inDatabase(request.db));
  const entries = collections.map(({ name, options: given, uuid, indexes }) =>
    bson({
      ...{ name, type: 'collection', options: given, info: { readOnly: false, uuid } },
      idIndex: indexes[0]!.spec,
    }),
  );
  return listing(`${request.db}.$cmd.listCollections`, wanted(options, entries, ['name', 'type']));
}

export function listDatabases(request: CommandRequest, engine: Engine, options: Options): Reply {
  check(request.db === 'admin', 13, 'listDatabases may only be run against the admin database.');
  return engine.readCatalog(request, (scope) => {
    const names = [...new Set(scope.catalog.all().map(({ db }) => db))].sort();
    const sizes = names.map((name) => totalsOf(scope, scope.catalog.inDatabase(name)).bytes);
    const entries = names.map((name, i) => bson({ name, sizeOnDisk: new Double(sizes[i]!), empty: false }));
    const totalSize = new Double(sizes.reduce((sum, size) => sum + size, 0));
    return bson({ databases: wanted(options, entries, ['name']), totalSize });
  });
}

/** The entries that pass the filter, or the names of these. */
function wanted(options: Options, entries: BsonDocument[], names: readonly string[]): BsonDocument[] {
  const { matches } = compileFilter(parseFilter(options.document('filter') ?? new Map()));
  const found = entries.filter((entry) => matches(entry));
  if (!options.boolean('nameOnly')) return found;
  return found.map((entry) => new Map(names.map((name) => [name, entry.get(name)!])));
}
