import { BSONRegExp } from 'bson';
import { BsonDocument, BsonValue, isDocument, typeName } from './bson-value';
import { check, MongoError } from './errors';

/** How deep a stored document may nest; what is sent may go a little deeper. */
const MAX_STORED_DEPTH = 180;

/**
 * Checks what an update, unlike an insert, may not store: names that begin with `$` (but for a database reference) and
 * documents that are too deep.
 * @param path where the value is to stand
 * @throws MongoError DollarPrefixedFieldName (52), InvalidDBRef (55), Overflow (15)
 */
export function checkStorable(value: BsonValue, path: readonly string[]): void {
  check(path.length <= MAX_STORED_DEPTH, 15, `Document exceeds maximum nesting depth of ${MAX_STORED_DEPTH}`);
  if (Array.isArray(value))
    value.forEach((element, index) => checkStorable(element, [...path, String(index)]));
  if (!isDocument(value)) return;
  for (const [name, inner] of value) {
    if (name.startsWith('$')) checkDollarName(value, name, path);
    checkStorable(inner, [...path, name]);
  }
}

/** A reference is a string `$ref`, then `$id`, then perhaps a string `$db`. */
function checkDollarName(document: BsonDocument, name: string, path: readonly string[]): void {
  const names = [...document.keys()];
  const [before, after] = [names[names.indexOf(name) - 1], names[names.indexOf(name) + 1]];
  if (name === '$id') return check(before === '$ref', 55, 'Found $id field without a $ref before it');
  if (name !== '$ref' && name !== '$db') throw dollarPrefixed([...path, name]);
  check(typeof document.get(name) === 'string', 55, `The DBRef ${name} field must be a String`);
  const isInOrder = name === '$ref' ? after === '$id' : before === '$id';
  check(isInOrder, 55, `The DBRef ${name} field must stand beside a $id field`);
}

export function dollarPrefixed(path: readonly string[]): MongoError {
  return new MongoError(52, `The dollar ($) prefixed field in '${path.join('.')}' is not valid for storage.`);
}

/**
 * Checks a value for use as `_id`.
 * @throws MongoError InvalidIdField (53), DollarPrefixedFieldName (52)
 */
export function checkId(id: BsonValue): void {
  const isRight = !Array.isArray(id) && !(id instanceof BSONRegExp);
  check(isRight, 53, `The '_id' value cannot be of type ${typeName(id)}`);
  checkStorable(id, ['_id']);
}
