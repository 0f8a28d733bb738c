import { typeName } from '../language/bson-value';
import { MongoError } from '../language/errors';
import type { CommandRequest } from './command';

const longestDatabaseName = 63;
const longestNamespace = 255;

/**
 * The collection that a command names as its first field's value.
 * @throws MongoError InvalidNamespace
 */
export function collectionNameOf({ name, db, body }: CommandRequest): string {
  const collection = body.get(name);
  if (typeof collection !== 'string') {
    throw new MongoError(
      73,
      `collection name has invalid type ${collection === undefined ? 'missing' : typeName(collection)}`,
    );
  }
  assertDatabaseName(db);
  if (collection === '' || collection.startsWith('.') || collection.includes('\0'))
    throw invalid(`${db}.${collection}`);
  return collection;
}

/** The whole name of the collection that a command names: `db.collection`. */
export function namespaceOf(request: CommandRequest): string {
  return `${request.db}.${collectionNameOf(request)}`;
}

export function assertDatabaseName(db: string): void {
  if (db === '' || Buffer.byteLength(db) > longestDatabaseName || /[/\\. "$\0]/.test(db)) throw invalid(db);
}

/** @throws MongoError InvalidNamespace for a collection that users may not make or write */
export function assertWritable(ns: string): void {
  const collection = ns.slice(ns.indexOf('.') + 1);
  if (collection.startsWith('system.')) throw new MongoError(73, `cannot write to '${ns}'`);
  if (collection.includes('$')) throw new MongoError(73, `Invalid collection name: ${collection}`);
  if (Buffer.byteLength(ns) > longestNamespace) {
    throw new MongoError(
      73,
      `Fully qualified namespace is too long. Namespace: ${ns} Max: ${longestNamespace}`,
    );
  }
}

function invalid(ns: string): MongoError {
  return new MongoError(73, `Invalid namespace specified '${ns}'`);
}
