import { Int32 } from 'bson';
import { BsonDocument, BsonValue, isDocument, isNumber } from '../language/bson-value';
import { compareValues } from '../language/compare';
import { formatForMessage, MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { toDouble } from '../language/numbers';

const CANNOT_CREATE_INDEX = 67;
const MOST_FIELDS = 32;

/** Options that are kept in the specification, whether or not they change anything here. */
const kept = new Set(
  (
    'v key name unique background sparse expireAfterSeconds partialFilterExpression hidden wildcardProjection ' +
    'ns dropDups'
  ).split(' '),
);
const ignored = new Set(['ns', 'dropDups', 'unique', 'v']);
const refused = new Set(
  (
    'collation storageEngine weights default_language language_override textIndexVersion 2dsphereIndexVersion bits ' +
    'min max bucketSize coarsestIndexedLevel finestIndexedLevel'
  ).split(' '),
);
/** Kinds of index that MongoDB has and this engine does not. */
const plugins = new Set(['text', 'hashed', '2d', '2dsphere', 'geoHaystack']);

/**
 * An index specification as listIndexes shows it, checked.
 * @throws MongoError CannotCreateIndex, InvalidIndexSpecificationOption, NotImplemented and others, as MongoDB 4.4 does
 */
export function normalizedSpec(given: BsonDocument): BsonDocument {
  for (const [option, value] of given) {
    if (kept.has(option)) continue;
    const isSimple = option === 'collation' && isDocument(value) && value.get('locale') === 'simple';
    if (refused.has(option) && !isSimple)
      throw new MongoError(238, `index option '${option}' is not supported`);
    throw new MongoError(197, `The field '${option}' is not valid for an index specification`);
  }
  const key = given.get('key');
  if (key === undefined)
    throw new MongoError(9, "The 'key' field is a required property of an index specification");
  if (!isDocument(key)) throw new MongoError(14, "The 'key' of an index must be an object");
  assertKey(key);
  const name = nameOf(given, key);
  assertTimeToLive(given.get('expireAfterSeconds'), key);
  const partial = given.get('partialFilterExpression');
  if (partial !== undefined) {
    if (!isDocument(partial) || isTrue(given.get('sparse'))) {
      throw cannotCreate('partialFilterExpression must be an object, and not beside sparse');
    }
    parseFilter(partial);
  }
  const spec: BsonDocument = new Map([['v', new Int32(2)]]);
  if (isTrue(given.get('unique'))) spec.set('unique', true);
  spec.set('key', key).set('name', name);
  for (const [option, value] of given) {
    // Clients send `sparse: 1` too.
    if (!ignored.has(option))
      spec.set(option, option === 'sparse' || option === 'hidden' ? isTrue(value) : value);
  }
  return spec;
}

function nameOf(given: BsonDocument, key: BsonDocument): string {
  const name = given.get('name');
  if (name === undefined)
    throw new MongoError(9, "The 'name' field is a required property of an index specification");
  if (typeof name !== 'string') throw new MongoError(14, 'The name of an index must be a string');
  if (name === '' || name === '*') throw cannotCreate(`The index name '${name}' is not valid`);
  if (key.size === 1 && compareValues(key.get('_id'), new Int32(1)) === 0) return '_id_';
  if (name === '_id_')
    throw new MongoError(2, "The index name '_id_' is reserved for the key pattern {_id: 1}");
  return name;
}

function assertKey(key: BsonDocument): void {
  if (key.size === 0) throw cannotCreate('Index keys cannot be empty.');
  if (key.size > MOST_FIELDS) throw new MongoError(13103, 'too many compound keys');
  for (const [path, order] of key) {
    const names = path.split('.');
    const isWildcard = names.at(-1) === '$**';
    if (names.includes('') || (!isWildcard && names.some((name) => name.startsWith('$')))) {
      throw cannotCreate(`Index keys cannot contain the field name '${path}'`);
    }
    if (typeof order === 'string' && plugins.has(order)) {
      throw new MongoError(238, `index type '${order}' is not supported`);
    }
    if (!isNumber(order) || !(Math.abs(toDouble(order)) > 0)) {
      throw cannotCreate('Values of an index key pattern must be numbers > 0 or < 0');
    }
  }
}

function assertTimeToLive(seconds: BsonValue | undefined, key: BsonDocument): void {
  if (seconds === undefined) return;
  const value = isNumber(seconds) ? toDouble(seconds) : NaN;
  if (!(value >= 0 && value <= 0x7fffffff))
    throw cannotCreate("'expireAfterSeconds' must be a number from 0 to 2147483647");
  if (key.size > 1 || key.has('_id'))
    throw cannotCreate('An index with expireAfterSeconds has one field, which is not _id');
}

function isTrue(value: BsonValue | undefined): boolean {
  return value === true || (isNumber(value) && toDouble(value) !== 0);
}

function cannotCreate(message: string): MongoError {
  return new MongoError(CANNOT_CREATE_INDEX, message);
}

/** The options that make two indexes with the same key different ones. */
const telling = ['unique', 'sparse', 'expireAfterSeconds', 'partialFilterExpression', 'wildcardProjection'];

/**
 * Whether an equal index is there already.
 * @throws MongoError IndexOptionsConflict, IndexKeySpecsConflict
 */
export function isPresent(existing: readonly BsonDocument[], spec: BsonDocument): boolean {
  const name = spec.get('name') as string;
  const isSame = (other: BsonDocument) => compareValues(other.get('key'), spec.get('key')) === 0;
  const sameName = existing.find((other) => other.get('name') === name);
  if (sameName && !isSame(sameName)) {
    throw new MongoError(86, `An index has the name ${name} already: ${formatForMessage(sameName)}`);
  }
  const same = existing.find(isSame);
  if (!same) return false;
  const differs = telling.some((option) => compareValues(same.get(option), spec.get(option)) !== 0);
  if (differs || same.get('name') !== name) {
    const how = differs ? 'different options' : 'a different name';
    throw new MongoError(85, `Index with name: ${name} already exists with ${how}`);
  }
  return true;
}
