import { BSONRegExp } from 'bson';
import { BsonDocument, BsonValue, isDocument, typeName } from './bson-value';
import { MongoError } from './errors';

/** How deep a stored document may nest; what is sent may go a little deeper. */
const MAX_STORED_DEPTH = 180;

/**
 * Checks what an update, unlike an insert, may not store: names that begin with `$` (but for a database reference) and
 * documents that are too deep.
 * @param path where the value is to stand
 * @throws MongoError DollarPrefixedFieldName (52), InvalidDBRef (55), Overflow (15)
 */
export function checkStorable(value: BsonValue, path: readonly string[]): void {
  if (path.length > MAX_STORED_DEPTH) {
    throw new MongoError(15, `Document exceeds maximum nesting depth of ${MAX_STORED_DEPTH}`);
  }
  if (Array.isArray(value))
    value.forEach((element, index) => checkStorable(element, [...path, String(index)]));
  if (!isDocument(value)) return;
  for (const [name, inner] of value) {
    if (name.startsWith('$')) checkDollarName(value, name, path);
    checkStorable(inner, [...path, name]);
  }
}

function checkDollarName(document: BsonDocument, name: string, path: readonly string[]): void {
  const names = [...document.keys()];
  const before = names[names.indexOf(name) - 1];
  if (name === '$ref') return checkReference(document, names);
  if (name === '$id') {
    if (before !== '$ref') {
      throw new MongoError(55, 'Found $id field without a $ref before it, which is invalid.');
    }
    return;
  }
  if (name === '$db') {
    checkIsString(document, name);
    if (before !== '$id') {
      throw new MongoError(55, 'Found $db field without a $id before it, which is invalid.');
    }
    return;
  }
  throw dollarPrefixed([...path, name]);
}

function checkReference(document: BsonDocument, names: string[]): void {
  checkIsString(document, '$ref');
  if (names[names.indexOf('$ref') + 1] !== '$id') {
    throw new MongoError(55, 'The DBRef $ref field must be followed by a $id field');
  }
}

function checkIsString(document: BsonDocument, name: string): void {
  const type = typeName(document.get(name)!);
  if (type !== 'string') throw new MongoError(55, `The DBRef ${name} field must be a String, not a ${type}`);
}

export function dollarPrefixed(path: readonly string[]): MongoError {
  return new MongoError(
    52,
    `The dollar ($) prefixed field '${path.at(-1)}' in '${path.join('.')}' is not valid for storage.`,
  );
}

/**
 * Checks a value for use as `_id`.
 * @throws MongoError InvalidIdField (53), DollarPrefixedFieldName (52)
 */
export function checkId(id: BsonValue): void {
  if (Array.isArray(id) || id instanceof BSONRegExp) {
    throw new MongoError(53, `The '_id' value cannot be of type ${typeName(id)}`);
  }
  checkStorable(id, ['_id']);
}
