import { Int32 } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument, BsonValue, isNumber } from '../language/bson-value';
import { compareValues } from '../language/key-component';
import { check, formatForMessage } from '../language/errors';
import { parseFilter } from '../language/filter';
import { toDouble } from '../language/numbers';
import { StoredCollection, StoredIndex } from '../storage/catalog';
import { addIndexes, dropIndexes as dropFrom } from '../storage/catalog-changes';
import { WriteScope } from '../storage/group-commit';
import { existing } from './catalog';
import { collectionFor } from './modification';
import { namespaceOf, Options } from './options';
import { bson, CommandRequest, listing, Reply } from './request';

const MOST_FIELDS = 32;
const MOST_INDEXES = 64;

/** Builds at once, with nothing else written meanwhile: over a million documents that takes seconds. */
export function createIndexes(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const ns = namespaceOf(request, true);
  const specs = options.need('indexes', 'an array of objects').map(normalizedSpec);
  check(specs.length > 0, 2, 'Must specify at least one index to create');
  const build = (scope: WriteScope): Reply => {
    const createdCollectionAutomatically = !scope.use(ns);
    const collection = collectionFor(scope, ns);
    const all = collection.indexes.map(({ spec }) => spec);
    const numIndexesBefore = all.length;
    for (const spec of specs) if (!isPresent(all, spec)) all.push(spec);
    refuseUnless(all.length <= MOST_INDEXES, `too many indexes for ${ns}`);
    const missing = all.slice(numIndexesBefore);
    if (missing.length > 0) addIndexes(scope, collection, missing);
    const note = missing.length === 0 && { note: 'all indexes already exist' };
    return bson({ createdCollectionAutomatically, numIndexesBefore, numIndexesAfter: all.length, ...note });
  };
  return engine.write(request, build, true);
}

export function listIndexes(request: CommandRequest, engine: Engine): Reply {
  const ns = namespaceOf(request);
  const collection = engine.readCatalog(request, ({ catalog }) => catalog.find(ns));
  check(collection !== null, 26, `ns does not exist: ${ns}`);
  const specs = collection.indexes.map(({ spec }) => spec);
  return listing(ns, specs);
}

export async function dropIndexes(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const ns = namespaceOf(request);
  const nIndexesWas = await engine.change(request, (scope) => {
    const collection = existing(scope, ns);
    dropFrom(scope, collection, chosen(collection, options.value('index')));
    return collection.indexes.length;
  });
  return bson({ nIndexesWas });
}

/** @throws MongoError IndexNotFound, InvalidOptions for the index of `_id` */
function chosen({ indexes }: StoredCollection, which: BsonValue | undefined): StoredIndex[] {
  if (which === '*') return indexes.slice(1);
  const found = indexes.filter(({ name, key }) => name === which || compareValues(key, which) === 0);
  check(found.length > 0, 27, `index not found with name [${formatForMessage(which)}]`);
  check(!found.includes(indexes[0]!), 72, 'cannot drop _id index');
  return found;
}

const TAKEN = new Set('v key name unique background sparse partialFilterExpression ns'.split(' '));
/** What is told first, and what is not told at all. */
const NOT_COPIED = new Set('v unique key name ns'.split(' '));

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
  refuseUnless(isKey, `The key of an index has from 1 to ${MOST_FIELDS} fields, each with 1 or -1`);
  const isId = key.size === 1 && compareValues(key.get('_id'), new Int32(1)) === 0;
  const name = isId ? '_id_' : fields.need('name', 'a string');
  refuseUnless(isId || !['', '*', '_id_'].includes(name), `The index name '${name}' is not valid`);
  const sparse = fields.flag('sparse');
  const partial = fields.get('partialFilterExpression', 'an object');
  refuseUnless(!partial || !sparse, 'an index is partial or sparse, not both');
  if (partial) parseFilter(partial);
  const spec = bson({ v: 2, ...(fields.flag('unique') && { unique: true }), key, name });
  for (const [option, value] of given) if (!NOT_COPIED.has(option)) spec.set(option, value);
  return given.has('sparse') ? spec.set('sparse', sparse) : spec;
}

function refuseUnless(isRight: boolean, message: string): void {
  check(isRight, 67, message);
}

function isKeyField([path, order]: [string, BsonValue]): boolean {
  const isPath = path.split('.').every((name) => name !== '' && !name.startsWith('$'));
  return isPath && isNumber(order) && Math.abs(toDouble(order)) > 0;
}

/** The options that make two indexes with the same key different ones. */
const TELLING = ['name', 'unique', 'sparse', 'partialFilterExpression'];

/**
 * Whether an equal index is there already.
 * @throws MongoError IndexOptionsConflict, IndexKeySpecsConflict
 */
function isPresent(specs: readonly BsonDocument[], spec: BsonDocument): boolean {
  const isAlike = (other: BsonDocument, ...options: string[]) =>
    options.every((option) => compareValues(other.get(option), spec.get(option)) === 0);
  const same = specs.find((other) => isAlike(other, 'key'));
  const isTaken = !same && specs.some((other) => isAlike(other, 'name'));
  check(!isTaken, 86, `An index has the name ${spec.get('name') as string} already`);
  check(!same || isAlike(same, ...TELLING), 85, 'The index exists already with a different name or options');
  return same !== undefined;
}
