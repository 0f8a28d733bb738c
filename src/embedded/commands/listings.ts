import { Double, Long } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument, documentOf } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { compileFilter } from '../language/filter-match';
import { StoredCollection } from '../storage/catalog';
import { ScopedCollectionView } from '../storage/collection-view';
import { noTotals, sumOf } from '../storage/totals';
import { Reply, CommandRequest, replyOf } from './command';
import { assertOptions, booleanOption, documentOption } from './generic-options';
import { namespaceOf } from './namespace';

const listCollectionsOptions = { taken: new Set(['filter', 'nameOnly', 'authorizedCollections', 'cursor']) };
const listDatabasesOptions = { taken: new Set(['filter', 'nameOnly', 'authorizedDatabases']) };
const listIndexesOptions = { taken: new Set(['cursor']) };

export function listCollections(request: CommandRequest, engine: Engine): Reply {
  assertOptions(request, listCollectionsOptions);
  const { db, body } = request;
  const collections = engine.readCatalog(request, ({ catalog }) => catalog.inDatabase(db));
  const entries = filtered(body, 'listCollections', collections.map(collectionEntry));
  const nameOnly = booleanOption(body, 'nameOnly', 'listCollections', false);
  const shown = nameOnly ? entries.map((entry) => fieldsOf(entry, ['name', 'type'])) : entries;
  return listing(`${db}.$cmd.listCollections`, shown);
}

function collectionEntry({ name, options, uuid, indexes }: StoredCollection): BsonDocument {
  return documentOf({
    name,
    type: 'collection',
    options,
    info: documentOf({ readOnly: false, uuid }),
    idIndex: indexes[0]!.spec,
  });
}

export function listDatabases(request: CommandRequest, engine: Engine): Reply {
  assertOptions(request, listDatabasesOptions);
  if (request.db !== 'admin') {
    throw new MongoError(13, 'listDatabases may only be run against the admin database.');
  }
  const databases = filtered(request.body, 'listDatabases', databaseEntries(request, engine));
  const total = databases.reduce((sum, entry) => sum + (entry.get('sizeOnDisk') as Double).value, 0);
  if (booleanOption(request.body, 'nameOnly', 'listDatabases', false)) {
    return replyOf({ databases: databases.map((entry) => fieldsOf(entry, ['name'])) });
  }
  return replyOf({ databases, totalSize: new Double(total) });
}

function databaseEntries(request: CommandRequest, engine: Engine): BsonDocument[] {
  return engine.readCatalog(request, (scope) => {
    const names = [...new Set(scope.catalog.all().map(({ db }) => db))].sort();
    return names.map((name) => {
      const views = scope.catalog
        .inDatabase(name)
        .map((collection) => new ScopedCollectionView(collection, scope));
      const { bytes } = views.map((view) => view.totals()).reduce(sumOf, noTotals);
      return documentOf({ name, sizeOnDisk: new Double(bytes), empty: false });
    });
  });
}

export function listIndexes(request: CommandRequest, engine: Engine): Reply {
  assertOptions(request, listIndexesOptions);
  const ns = namespaceOf(request);
  const collection = engine.readCatalog(request, ({ catalog }) => catalog.find(ns));
  if (!collection) throw new MongoError(26, `ns does not exist: ${ns}`);
  return listing(
    ns,
    collection.indexes.map(({ spec }) => spec),
  );
}

/** A cursor that ends with its first batch: catalogs are small. */
function listing(ns: string, entries: BsonDocument[]): Reply {
  return replyOf({ cursor: documentOf({ id: Long.ZERO, ns, firstBatch: entries }) });
}

function filtered(body: BsonDocument, where: string, entries: BsonDocument[]): BsonDocument[] {
  const filter = documentOption(body, 'filter', where);
  if (!filter) return entries;
  const { matches } = compileFilter(parseFilter(filter));
  return entries.filter((entry) => matches(entry));
}

function fieldsOf(entry: BsonDocument, names: readonly string[]): BsonDocument {
  return new Map(names.map((name) => [name, entry.get(name)!]));
}
