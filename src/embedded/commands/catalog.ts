import { Double, Int32 } from 'bson';
import { bson, BsonDocument, BsonValue, isNumber, Plain } from '../language/bson-value';
import { decodeFields } from '../language/codec';
import { check, formatForMessage } from '../language/errors';
import { parseFilter } from '../language/filter';
import { compileFilter } from '../language/filter-match';
import { compareValues } from '../language/key-component';
import { toDouble } from '../language/numbers';
import { arrayIndexOf } from '../language/path';
import { conjunctsOf } from '../planner/bounds';
import { Yielder } from '../planner/execution';
import { collectionsOf, StoredIndex } from '../storage/catalog';
import * as changes from '../storage/catalog-changes';
import { WriteScope } from '../storage/group-commit';
import { rangeOf } from '../storage/keys';
import { entriesOf } from '../storage/records';
import { Call } from './call';
import { totalsOf } from './diagnostics';
import { namespaceOf, Options } from './options';
import { listing, Reply } from './request';

export async function create({ request, engine }: Call): Promise<Reply> {
  const ns = namespaceOf(request, true);
  await engine.write(request, (scope) => {
    check(!scope.use(ns), 48, `Collection already exists. NS: ${ns}`);
    changes.createCollection(scope, ns);
  });
  return new Map();
}

export async function drop({ request, engine }: Call): Promise<Reply> {
  const ns = namespaceOf(request);
  const { indexes } = await engine.change(request, (scope) => {
    const collection = existing(scope.use(ns));
    changes.dropCollection(scope, collection);
    return collection;
  });
  return bson({ nIndexesWas: indexes.length, ns });
}

/** @throws MongoError NamespaceNotFound */
function existing<T>(found: T | null | undefined): T {
  check(found != null, 26, 'ns not found');
  return found;
}

export async function dropDatabase({ request, engine }: Call): Promise<Reply> {
  const dropped = await engine.change(request, (scope) => {
    const collections = collectionsOf(scope.catalog, request.db);
    // All or none: each is free before the first one goes.
    for (const { ns } of collections) scope.claimCollection(ns);
    for (const collection of collections) changes.dropCollection(scope, collection);
    return collections.length;
  });
  return bson(dropped > 0 ? { dropped: request.db } : {});
}

export function listCollections({ request, engine, options }: Call): Reply {
  const collections = engine.readCatalog(request, ({ catalog }) => collectionsOf(catalog, request.db));
  const entries = collections.map(({ name, options: given, uuid, indexes }) => {
    const details = { options: given, info: { readOnly: false, uuid }, idIndex: indexes[0]!.spec };
    return { name, type: 'collection', ...(!options.flag('nameOnly') && details) };
  });
  return listing(`${request.db}.$cmd.listCollections`, filtered(entries, options));
}

export function listDatabases({ request, engine, options }: Call): Reply {
  check(request.db === 'admin', 13, 'listDatabases may only be run against the admin database.');
  return engine.readCatalog(request, (scope) => {
    const names = [...new Set(collectionsOf(scope.catalog).map(({ db }) => db))].sort();
    const sizeOf = (name: string) => totalsOf(scope, collectionsOf(scope.catalog, name)).bytes;
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

const MOST_FIELDS = 32;
const MOST_INDEXES = 64;

/** Builds at once, with nothing else written meanwhile: over a million documents that takes seconds. */
export function createIndexes({ request, engine, options }: Call): Promise<Reply> {
  const ns = namespaceOf(request, true);
  const specs = options.need('indexes', 'an array of objects').map(normalizedSpec);
  check(specs.length > 0, 2, 'Must specify at least one index to create');
  const build = (scope: WriteScope): Reply => {
    const found = scope.use(ns);
    const collection = found ?? changes.createCollection(scope, ns);
    const all = collection.indexes.map(({ spec }) => spec);
    const numIndexesBefore = all.length;
    for (const spec of specs) if (!isPresent(all, spec)) all.push(spec);
    check(all.length <= MOST_INDEXES, 67, `too many indexes for ${ns}`);
    const missing = all.slice(numIndexesBefore);
    if (missing.length > 0) changes.addIndexes(scope, collection, missing);
    const note = missing.length === 0 && { note: 'all indexes already exist' };
    const counts = { numIndexesBefore, numIndexesAfter: all.length, ...note };
    return bson({ createdCollectionAutomatically: !found, ...counts });
  };
  return engine.write(request, build, true);
}

export function listIndexes({ request, engine }: Call): Reply {
  const ns = namespaceOf(request);
  const collection = existing(engine.readCatalog(request, ({ catalog }) => catalog.get(ns)));
  const specs = collection.indexes.map(({ spec }) => spec);
  return listing(ns, specs);
}

/** @throws MongoError IndexNotFound, InvalidOptions for the index of `_id` */
export async function dropIndexes({ request, engine, options }: Call): Promise<Reply> {
  const ns = namespaceOf(request);
  const which = options.fields.get('index');
  const nIndexesWas = await engine.change(request, (scope) => {
    const collection = existing(scope.use(ns));
    const [ofId, ...others] = collection.indexes;
    const isChosen = ({ name, key }: StoredIndex) => name === which || compareValues(key, which) === 0;
    check(!isChosen(ofId!), 72, 'cannot drop _id index');
    const chosen = which === '*' ? others : others.filter(isChosen);
    check(which === '*' || chosen.length > 0, 27, `index not found with name [${formatForMessage(which)}]`);
    changes.dropIndexes(scope, collection, chosen);
    return collection.indexes.length;
  });
  return bson({ nIndexesWas });
}

const TAKEN = new Set('v key name unique background sparse partialFilterExpression ns'.split(' '));
/** What is told first, and what is not told at all. */
const NOT_COPIED = new Set('v unique key name ns'.split(' '));

/** Conditions that every version of MongoDB takes in the filter of a partial index. */
const OF_PARTIAL = new Set('eq lt lte gt gte exists type'.split(' '));

/**
 * An index specification as listIndexes shows it, checked.
 * @throws MongoError CannotCreateIndex and InvalidIndexSpecificationOption
 */
function normalizedSpec(given: BsonDocument): BsonDocument {
  for (const option of given.keys())
    check(TAKEN.has(option), 197, `'${option}' is not valid for an index specification, or not supported`);
  const fields = new Options(given, 'createIndexes.indexes');
  const key = fields.need('key', 'an object');
  const isKey = key.size > 0 && key.size <= MOST_FIELDS && [...key].every(isKeyField);
  check(isKey, 67, `The key of an index has from 1 to ${MOST_FIELDS} fields, each with 1 or -1`);
  const isId = key.size === 1 && compareValues(key.get('_id'), new Int32(1)) === 0;
  const name = isId ? '_id_' : fields.need('name', 'a string');
  check(isId || !['', '*', '_id_'].includes(name), 67, `The index name '${name}' is not valid`);
  const sparse = fields.flag('sparse');
  const partial = fields.get('partialFilterExpression', 'an object');
  check(!partial || !sparse, 67, 'an index is partial or sparse, not both');
  const conditions = partial ? conjunctsOf(parseFilter(partial)) : [];
  const isTaken = conditions.every((node) => node.kind === 'field' && OF_PARTIAL.has(node.op));
  check(isTaken, 67, 'not for a partial index');
  check(fields.count('v', 2) === 2, 67, 'the version of an index is 2');
  const spec = bson({ v: 2, ...(fields.flag('unique') && { unique: true }), key, name });
  for (const [option, value] of given) if (!NOT_COPIED.has(option)) spec.set(option, value);
  return given.has('sparse') ? spec.set('sparse', sparse) : spec;
}

function isKeyField([path, order]: [string, BsonValue]): boolean {
  const names = path.split('.');
  // Where a number names an element and a field of elements, keys would not tell all that filters find.
  const isPath = names.every((name) => name !== '' && !name.startsWith('$') && arrayIndexOf(name) === null);
  return isPath && isNumber(order) && Math.abs(toDouble(order)) > 0;
}

/** The options that make two indexes with the same key different ones. */
const TELLING = ['name', 'unique', 'sparse', 'partialFilterExpression'];

/** Whether an equal index is there already. @throws MongoError IndexOptionsConflict, IndexKeySpecsConflict */
function isPresent(specs: readonly BsonDocument[], spec: BsonDocument): boolean {
  const isAlike = (other: BsonDocument, ...options: string[]) =>
    options.every((option) => compareValues(other.get(option) ?? false, spec.get(option) ?? false) === 0);
  const same = specs.find((other) => isAlike(other, 'key'));
  const isTaken = !same && specs.some((other) => isAlike(other, 'name'));
  check(!isTaken, 86, `An index has the name ${spec.get('name') as string} already`);
  check(!same || isAlike(same, ...TELLING), 85, 'The index exists already with a different name or options');
  return same !== undefined;
}

/** Checks that the indexes hold exactly the entries of the collection's documents, and that these are counted right. */
export function validate(call: Call): Promise<Reply> {
  const ns = namespaceOf(call.request);
  return call.reading(ns, async (run) => {
    const view = existing(run.view);
    const { indexes, indexedFields } = view.collection;
    const { reader } = view.scope;
    const yielder = new Yielder();
    let [nrecords, expected, wrong, found] = [0, 0, 0, 0];
    for (const { recordId, bytes } of view.scanDocuments()) {
      const fields = decodeFields(bytes, indexedFields);
      for (const { key, value } of indexes.flatMap((index) => entriesOf(index, fields, recordId))) {
        expected += 1;
        if (!reader.get('indexes', key)?.equals(value)) wrong += 1;
      }
      nrecords += 1;
      await yielder.rest();
    }
    for (const { id } of indexes) {
      const walk = reader.range('indexes', ...rangeOf(id))[Symbol.iterator]();
      for (; !walk.next().done; found++) await yielder.rest();
    }
    const counted = view.totals().documents;
    const valid = wrong === 0 && found === expected && counted === nrecords;
    const problem = `${found} entries of ${expected}, ${wrong} missing or wrong; ${counted} documents counted`;
    return bson({ ns, nrecords, nIndexes: indexes.length, valid, errors: valid ? [] : [problem] });
  });
}
