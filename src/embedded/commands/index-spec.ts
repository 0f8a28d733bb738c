import { Int32 } from 'bson';
import { BsonDocument, BsonValue, isDocument, isNumber, typeName } from '../language/bson-value';
import { compareValues } from '../language/compare';
import { MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';
import { parseFilter } from '../language/filter';
import { formatForMessage } from '../language/message-format';
import { wrongType } from './generic-options';

const cannotCreateIndex = 67;
const mostFields = 32;

/** Options that are kept in the specification, whether or not they change anything here. */
const kept = new Set([
  'v',
  'key',
  'name',
  'unique',
  'background',
  'sparse',
  // Shown by listIndexes; documents do not expire.
  'expireAfterSeconds',
  'partialFilterExpression',
  'hidden',
  'wildcardProjection',
]);
const ignored = new Set(['ns', 'dropDups']);
const refused = new Set([
  'collation',
  'storageEngine',
  'weights',
  'default_language',
  'language_override',
  'textIndexVersion',
  '2dsphereIndexVersion',
  'bits',
  'min',
  'max',
  'bucketSize',
  'coarsestIndexedLevel',
  'finestIndexedLevel',
]);
/** Kinds of index that MongoDB has and this engine does not. */
const plugins = new Set(['text', 'hashed', '2d', '2dsphere', 'geoHaystack']);

/**
 * An index specification as listIndexes shows it, checked.
 * @throws MongoError CannotCreateIndex, InvalidIndexSpecificationOption, NotImplemented and others, as MongoDB 4.4 does
 */
export function normalizedSpec(given: BsonDocument): BsonDocument {
  for (const [option, value] of given) assertOption(option, value, given);
  const key = given.get('key');
  if (key === undefined) {
    throw new MongoError(9, "The 'key' field is a required property of an index specification");
  }
  if (!isDocument(key)) throw wrongType('key', 'createIndexes.indexes', key, 'object');
  assertKey(key);
  const name = nameOf(given, key);
  assertTimeToLive(given, key);
  const partial = given.get('partialFilterExpression');
  if (partial !== undefined) {
    if (isTrue(given.get('sparse'))) {
      throw new MongoError(67, 'cannot mix "partialFilterExpression" and "sparse" options');
    }
    parseFilter(partial as BsonDocument);
  }
  return inOrder(given, key, name);
}

function inOrder(given: BsonDocument, key: BsonDocument, name: string): BsonDocument {
  const spec: BsonDocument = new Map([['v', new Int32(2)]]);
  if (isTrue(given.get('unique'))) spec.set('unique', true);
  spec.set('key', key).set('name', name);
  for (const [option, value] of given) {
    if (ignored.has(option) || option === 'unique' || option === 'v') continue;
    // Clients send `sparse: 1` too.
    spec.set(option, option === 'sparse' || option === 'hidden' ? isTrue(value) : value);
  }
  return spec;
}

function assertOption(option: string, value: BsonValue, spec: BsonDocument): void {
  if (kept.has(option) || ignored.has(option)) return;
  const isSimple = option === 'collation' && isDocument(value) && value.get('locale') === 'simple';
  if (isSimple || !refused.has(option)) {
    throw new MongoError(
      197,
      `The field '${option}' is not valid for an index specification. Specification: ${formatForMessage(spec)}`,
    );
  }
  throw new MongoError(238, `index option '${option}' is not supported`);
}

function nameOf(given: BsonDocument, key: BsonDocument): string {
  const name = given.get('name');
  if (name === undefined) {
    throw new MongoError(9, "The 'name' field is a required property of an index specification");
  }
  if (typeof name !== 'string') throw wrongType('name', 'createIndexes.indexes', name, 'string');
  if (name === '') throw new MongoError(cannotCreateIndex, 'The index name cannot be empty');
  if (name === '*') throw new MongoError(cannotCreateIndex, "The index name '*' is not valid.");
  if (isIdKey(key)) return '_id_';
  if (name === '_id_') {
    throw new MongoError(
      2,
      `The index name '_id_' is reserved for the _id index, which must have key pattern {_id: 1}, found key: ${formatForMessage(key)}`,
    );
  }
  return name;
}

export function isIdKey(key: BsonDocument): boolean {
  return key.size === 1 && compareValues(key.get('_id'), new Int32(1)) === 0;
}

function assertKey(key: BsonDocument): void {
  if (key.size === 0) throw new MongoError(cannotCreateIndex, 'Index keys cannot be empty.');
  if (key.size > mostFields) throw new MongoError(13103, 'too many compound keys');
  for (const [path, order] of key) {
    assertPath(path);
    assertOrder(order);
  }
}

function assertPath(path: string): void {
  if (path === '') throw new MongoError(cannotCreateIndex, 'Index keys cannot be an empty field.');
  const names = path.split('.');
  if (names.includes(''))
    throw new MongoError(cannotCreateIndex, 'Index keys cannot contain an empty field.');
  if (names.some((name) => name.startsWith('$') && !isWildcard(path))) {
    throw new MongoError(
      cannotCreateIndex,
      `Index key contains an illegal field name: field name starts with '$'.`,
    );
  }
}

function isWildcard(path: string): boolean {
  return path === '$**' || path.endsWith('.$**');
}

function assertOrder(order: BsonValue): void {
  if (typeof order === 'string') {
    if (plugins.has(order)) throw new MongoError(238, `index type '${order}' is not supported`);
    throw new MongoError(cannotCreateIndex, `Unknown index plugin '${order}'`);
  }
  if (!isNumber(order)) {
    throw new MongoError(
      cannotCreateIndex,
      `Values in v:2 index key pattern cannot be of type ${typeName(order)}. Only numbers > 0, numbers < 0, and strings are allowed.`,
    );
  }
  const direction = toDouble(order);
  if (Number.isNaN(direction))
    throw new MongoError(cannotCreateIndex, 'Values in the index key pattern cannot be NaN.');
  if (direction === 0)
    throw new MongoError(cannotCreateIndex, 'Values in the index key pattern cannot be 0.');
}

function assertTimeToLive(spec: BsonDocument, key: BsonDocument): void {
  const seconds = spec.get('expireAfterSeconds');
  if (seconds === undefined) return;
  if (!isNumber(seconds)) {
    throw new MongoError(
      cannotCreateIndex,
      `TTL index 'expireAfterSeconds' option must be numeric, but received a type of '${typeName(seconds)}'. Index spec: ${formatForMessage(spec)}`,
    );
  }
  const value = toDouble(seconds);
  if (value < 0 || value > 0x7fffffff) {
    throw new MongoError(
      cannotCreateIndex,
      `TTL index 'expireAfterSeconds' option must be within an acceptable range. Index spec: ${formatForMessage(spec)}`,
    );
  }
  if (key.size > 1) {
    throw new MongoError(
      cannotCreateIndex,
      `TTL indexes are single-field indexes, compound indexes do not support TTL. Index spec: ${formatForMessage(spec)}`,
    );
  }
}

function isTrue(value: BsonValue | undefined): boolean {
  return value === true || (isNumber(value) && toDouble(value) !== 0);
}

/** The options that make two indexes with the same key different ones. */
const telling = ['unique', 'sparse', 'expireAfterSeconds', 'partialFilterExpression', 'wildcardProjection'];

/** @returns whether an equal index is there already
 *  @throws MongoError IndexOptionsConflict, IndexKeySpecsConflict */
export function isPresent(existing: readonly BsonDocument[], spec: BsonDocument): boolean {
  const name = spec.get('name') as string;
  const sameName = existing.find((other) => other.get('name') === name);
  if (sameName && !sameKey(sameName, spec)) {
    throw new MongoError(
      86,
      `Index must have unique name.The existing index: ${formatForMessage(sameName)} has the same name as the requested index: ${formatForMessage(spec)}`,
    );
  }
  const same = existing.find((other) => sameKey(other, spec));
  if (!same) return false;
  const differs = telling.some((option) => compareValues(same.get(option), spec.get(option)) !== 0);
  if (same.get('name') !== name) throw otherName(same, spec, differs);
  if (differs) {
    throw new MongoError(85, `Index with name: ${name} already exists with different options`);
  }
  return true;
}

function otherName(existing: BsonDocument, spec: BsonDocument, differs: boolean): MongoError {
  const message = differs
    ? `Index: ${formatForMessage(spec)} already exists with different options: ${formatForMessage(existing)}`
    : `Index with name: ${spec.get('name') as string} already exists with a different name`;
  return new MongoError(85, message);
}

function sameKey(a: BsonDocument, b: BsonDocument): boolean {
  return compareValues(a.get('key'), b.get('key')) === 0;
}
