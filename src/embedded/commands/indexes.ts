import { Int32 } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument, BsonValue, isNumber } from '../language/bson-value';
import { compareValues } from '../language/compare';
import { check, formatForMessage, MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { toDouble } from '../language/numbers';
import { StoredCollection, StoredIndex } from '../storage/catalog';
import { addIndexes, dropIndexes as dropFrom } from '../storage/catalog-changes';
import { existing } from './catalog';
import { collectionFor } from './modification';
import { namesIn, namespaceOf, Options, writableNamespaceOf } from './options';
import { bson, CommandRequest, listing, Reply } from './request';

const CANNOT_CREATE_INDEX = 67;
const MOST_FIELDS = 32;
const MOST_INDEXES = 64;

/** Builds at once, with nothing else written meanwhile: over a million documents that takes seconds. */
export async function createIndexes(
  request: CommandRequest,
  engine: Engine,
  options: Options,
): Promise<Reply> {
  const ns = writableNamespaceOf(request);
  const specs = options.documents('indexes').map(normalizedSpec);
  check(specs.length > 0, 2, 'Must specify at least one index to create');
  return engine.build(request, (scope) => {
    const isNew = !scope.use(ns);
    const collection = collectionFor(scope, ns);
    const present = collection.indexes.map(({ spec }) => spec);
    const all = [...present];
    for (const spec of specs) if (!isPresent(all, spec)) all.push(spec);
    const [before, after] = [present.length, all.length];
    check(after <= MOST_INDEXES, CANNOT_CREATE_INDEX, `too many indexes for ${ns}`);
    if (after > before) addIndexes(scope, collection, all.slice(before));
    const counts = { numIndexesBefore: before, numIndexesAfter: after };
    const note = after === before && { note: 'all indexes already exist' };
    return bson({ createdCollectionAutomatically: isNew, ...counts, ...note });
  });
}

export function listIndexes(request: CommandRequest, engine: Engine): Reply {
  const ns = namespaceOf(request);
  const collection = engine.readCatalog(request, ({ catalog }) => catalog.find(ns));
  if (!collection) throw new MongoError(26, `ns does not exist: ${ns}`);
  const specs = collection.indexes.map(({ spec }) => spec);
  return listing(ns, specs);
}

export async function dropIndexes(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const ns = namespaceOf(request);
  const nIndexesWas = await engine.change(request, (scope) => {
    const collection = existing(scope, ns);
    dropFrom(scope, collection, chosen(collection, options.get('index')));
    return collection.indexes.length;
  });
  return bson({ nIndexesWas });
}

/** @throws MongoError IndexNotFound, InvalidOptions for the index of `_id` */
function chosen({ indexes }: StoredCollection, which: BsonValue | undefined): StoredIndex[] {
  if (which === '*') return indexes.slice(1);
  const isRight = (index: StoredIndex) => index.name === which || compareValues(index.key, which) === 0;
  const found = indexes.filter(isRight);
  check(found.length > 0, 27, `index not found with name [${formatForMessage(which)}]`);
  check(!found.includes(indexes[0]!), 72, 'cannot drop _id index');
  return found;
}

const TAKEN = namesIn('v key name unique background sparse expireAfterSeconds partialFilterExpression ns');
/** They are told first, or not at all. */
const NOT_COPIED = namesIn('v unique ns');

/**
 * An index specification as listIndexes shows it, checked.
 * @throws MongoError CannotCreateIndex and InvalidIndexSpecificationOption
 */
function normalizedSpec(given: BsonDocument): BsonDocument {
  for (const option of given.keys())
    check(TAKEN.has(option), 197, `'${option}' is not valid for an index specification, or not supported`);
  const fields = new Options(given, 'createIndexes.indexes');
  const key = fields.requiredDocument('key');
  checkKey(key);
  const isId = key.size === 1 && compareValues(key.get('_id'), new Int32(1)) === 0;
  const name = isId ? '_id_' : fields.string('name');
  const isName = isId || !['', '*', '_id_'].includes(name);
  check(isName, CANNOT_CREATE_INDEX, `The index name '${name}' is not valid`);
  const seconds = fields.count('expireAfterSeconds');
  const expires = given.has('expireAfterSeconds');
  const mayExpire = !expires || (key.size === 1 && !isId && seconds < 2 ** 31);
  check(
    mayExpire,
    CANNOT_CREATE_INDEX,
    'expireAfterSeconds needs a single field, and less than 2^31 seconds',
  );
  const sparse = fields.boolean('sparse');
  const partial = fields.document('partialFilterExpression');
  check(!partial || !sparse, CANNOT_CREATE_INDEX, 'an index is partial or sparse, not both');
  if (partial) parseFilter(partial);
  const unique = fields.boolean('unique');
  const spec = bson({ v: 2, ...(unique && { unique }), key, name });
  for (const [option, value] of given) if (!NOT_COPIED.has(option)) spec.set(option, value);
  if (given.has('sparse')) spec.set('sparse', sparse);
  return spec.set('name', name);
}

function checkKey(key: BsonDocument): void {
  const isFilled = key.size > 0 && key.size <= MOST_FIELDS;
  check(isFilled, CANNOT_CREATE_INDEX, `The key of an index has from 1 to ${MOST_FIELDS} fields`);
  for (const [path, order] of key) {
    const isPath = path.split('.').every((name) => name !== '' && !name.startsWith('$'));
    check(isPath, CANNOT_CREATE_INDEX, `Index keys cannot contain the field name '${path}'`);
    const isOrder = isNumber(order) && Math.abs(toDouble(order)) > 0;
    check(isOrder, CANNOT_CREATE_INDEX, 'The values of an index key must be numbers > 0 or < 0');
  }
}

/** The options that make two indexes with the same key different ones. */
const TELLING = ['unique', 'sparse', 'expireAfterSeconds', 'partialFilterExpression'];

/**
 * Whether an equal index is there already.
 * @throws MongoError IndexOptionsConflict, IndexKeySpecsConflict
 */
function isPresent(existing: readonly BsonDocument[], spec: BsonDocument): boolean {
  const name = spec.get('name') as string;
  const isAlike = (other: BsonDocument, option: string) =>
    compareValues(other.get(option), spec.get(option)) === 0;
  const sameName = existing.find((other) => isAlike(other, 'name'));
  check(!sameName || isAlike(sameName, 'key'), 86, `An index has the name ${name} already`);
  const same = existing.find((other) => isAlike(other, 'key'));
  if (!same) return false;
  const differs = TELLING.some((option) => !isAlike(same, option));
  check(
    !differs && same === sameName,
    85,
    `Index with name: ${name} exists with another name or other options`,
  );
  return true;
}
