import { Double } from 'bson';
import type { Engine } from '../engine';
import { check } from '../language/errors';
import { parseFilter } from '../language/filter';
import { compileFilter } from '../language/filter-match';
import { StoredCollection } from '../storage/catalog';
import { createCollection, dropCollection } from '../storage/catalog-changes';
import { WriteScope } from '../storage/group-commit';
import { totalsOf } from './diagnostics';
import { namespaceOf, Options } from './options';
import { bson, CommandRequest, listing, Plain, Reply } from './request';

export async function create(request: CommandRequest, engine: Engine): Promise<Reply> {
  const ns = namespaceOf(request, true);
  await engine.write(request, (scope) => {
    check(!scope.use(ns), 48, `Collection already exists. NS: ${ns}`);
    createCollection(scope, ns);
  });
  return new Map();
}

export async function drop(request: CommandRequest, engine: Engine): Promise<Reply> {
  const ns = namespaceOf(request);
  const { indexes } = await engine.change(request, (scope) => {
    const collection = existing(scope, ns);
    dropCollection(scope, collection);
    return collection;
  });
  return bson({ nIndexesWas: indexes.length, ns });
}

/** @throws MongoError NamespaceNotFound */
export function existing(scope: WriteScope, ns: string): StoredCollection {
  const collection = scope.use(ns);
  check(collection !== null, 26, `ns not found: ${ns}`);
  return collection;
}

export async function dropDatabase(request: CommandRequest, engine: Engine): Promise<Reply> {
  const dropped = await engine.change(request, (scope) => {
    const collections = scope.catalog.all(request.db);
    // All or none: each is free before the first one goes.
    for (const { ns } of collections) scope.claimCollection(ns);
    for (const collection of collections) dropCollection(scope, collection);
    return collections.length;
  });
  return bson(dropped > 0 ? { dropped: request.db } : {});
}

export function listCollections(request: CommandRequest, engine: Engine, options: Options): Reply {
  const collections = engine.readCatalog(request, ({ catalog }) => catalog.all(request.db));
  const entries = collections.map(({ name, options: given, uuid, indexes }) => {
    const details = { options: given, info: { readOnly: false, uuid }, idIndex: indexes[0]!.spec };
    return { name, type: 'collection', ...(!options.flag('nameOnly') && details) };
  });
  return listing(`${request.db}.$cmd.listCollections`, filtered(entries, options));
}

export function listDatabases(request: CommandRequest, engine: Engine, options: Options): Reply {
  check(request.db === 'admin', 13, 'listDatabases may only be run against the admin database.');
  return engine.readCatalog(request, (scope) => {
    const names = [...new Set(scope.catalog.all().map(({ db }) => db))].sort();
    const sizeOf = (name: string) => totalsOf(scope, scope.catalog.all(name)).bytes;
    const entries = names.map((name) => ({ name, sizeOnDisk: new Double(sizeOf(name)), empty: false }));
    const totalSize = new Double(entries.reduce((sum, { sizeOnDisk }) => sum + sizeOnDisk.value, 0));
    const shown = options.flag('nameOnly') ? names.map((name) => ({ name })) : entries;
    return bson({ databases: filtered(shown, options), totalSize });
  });
}

function filtered(entries: readonly Plain[], options: Options) {
  const { matches } = compileFilter(parseFilter(options.document('filter')));
  return entries.map(bson).filter((entry) => matches(entry));
}
