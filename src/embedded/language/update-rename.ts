import { BsonDocument, BsonValue } from './bson-value';
import { MongoError } from './errors';
import { formatField } from './message-format';
import { arrayIndexOf } from './path';
import { documentId, setter } from './update-modifiers';
import { applyAtPath, Modifier } from './update-path';

const REMOVAL: Modifier = { operator: '$unset', change: () => undefined };

/**
 * Moves a field, over what is there; nothing happens where there is no such field.
 * @throws MongoError BadValue (2) for paths through arrays, PathNotViable (28)
 */
export function rename(root: BsonDocument, from: readonly string[], to: readonly string[]): BsonDocument {
  const value = sourceOf(root, from);
  if (value === undefined) return root;
  checkDestination(root, to);
  const moved = applyAtPath(root, { path: to, modifier: setter('$rename', value) }, () => []);
  return applyAtPath(moved, { path: from, modifier: REMOVAL }, () => []);
}

function sourceOf(root: BsonDocument, path: readonly string[]): BsonValue | undefined {
  let value: BsonValue | undefined = root;
  for (const [depth, name] of path.entries()) {
    if (value === undefined) return undefined;
    if (Array.isArray(value) && arrayIndexOf(name) !== null) {
      if (value[Number(name)] === undefined) return undefined;
      throw throughArray('source', root, path, depth);
    }
    if (!(value instanceof Map)) throw cannotTraverse(path, depth, value);
    value = value.get(name);
  }
  return value;
}

function checkDestination(root: BsonDocument, path: readonly string[]): void {
  let value: BsonValue | undefined = root;
  for (const [depth, name] of path.entries()) {
    if (Array.isArray(value)) throw throughArray('destination', root, path, depth);
    value = value instanceof Map ? value.get(name) : undefined;
  }
}

function throughArray(end: string, root: BsonDocument, path: readonly string[], depth: number): MongoError {
  return new MongoError(
    2,
    `The ${end} field cannot be an array element, '${path.join('.')}' in doc with ${documentId({ root, path })} has an ` +
      `array field called '${path[depth - 1]}'`,
  );
}

function cannotTraverse(path: readonly string[], depth: number, value: BsonValue): MongoError {
  const name = path[depth - 1]!;
  return new MongoError(
    28,
    `cannot use the part (${name} of ${path.join('.')}) to traverse the element ({${formatField(name, value)}})`,
  );
}
