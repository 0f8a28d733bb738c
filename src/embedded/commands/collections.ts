import { Int32 } from 'bson';
import type { Engine } from '../engine';
import { MongoError } from '../language/errors';
import { StoredCollection } from '../storage/catalog';
import { createCollection, dropCollection } from '../storage/catalog-changes';
import { WriteScope } from '../storage/write-scope';
import { CommandRequest, Reply, replyOf } from './command';
import { assertOptions } from './generic-options';
import { assertDatabaseName, assertWritable, namespaceOf } from './namespace';

const nothing: ReadonlySet<string> = new Set();
const createOptions = {
  taken: nothing,
  refused: new Set([
    'capped',
    'autoIndexId',
    'idIndex',
    'size',
    'max',
    'storageEngine',
    'validator',
    'validationLevel',
    'validationAction',
    'indexOptionDefaults',
    'viewOn',
    'pipeline',
    'collation',
    'temp',
  ]),
};

export async function create(request: CommandRequest, engine: Engine): Promise<Reply> {
  assertOptions(request, createOptions);
  const ns = namespaceOf(request);
  assertWritable(ns);
  await engine.write(request, (scope) => {
    if (scope.use(ns)) throw new MongoError(48, `Collection already exists. NS: ${ns}`);
    createCollection(scope, ns);
  });
  return new Map();
}

export async function drop(request: CommandRequest, engine: Engine): Promise<Reply> {
  assertOptions(request, { taken: nothing });
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
  assertOptions(request, { taken: nothing });
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

/** Renaming would have to be seen by cursors and transactions that are open; nothing here needs it. */
export function renameCollection(): never {
  throw new MongoError(238, 'renameCollection is not supported');
}
