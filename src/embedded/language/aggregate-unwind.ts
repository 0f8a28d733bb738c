import { Long } from 'bson';
import type { Stage } from './aggregate';
import { withFieldAt } from './aggregate-shape';
import { BsonDocument, BsonValue, isDocument, typeName } from './bson-value';
import { MongoError } from './errors';
import { followFieldPath } from './expression-scope';
import { parseFieldPath } from './path';

interface Unwind {
  readonly path: string;
  readonly keepsEmpty: boolean;
  readonly indexField: string | null;
}

/** `$unwind`. */
export function unwindStage(spec: BsonValue): Stage {
  const unwind = parseUnwind(spec);
  const names = parseFieldPath(unwind.path);
  return function* (documents) {
    for (const document of documents) yield* unwound(document, followFieldPath(document, names), unwind);
  };
}

function* unwound(
  document: BsonDocument,
  value: BsonValue | undefined,
  { path, keepsEmpty, indexField }: Unwind,
): Iterable<BsonDocument> {
  const withIndex = (made: BsonDocument, index: Long | null) =>
    indexField === null ? made : withFieldAt(made, indexField, index);
  if (Array.isArray(value) && value.length > 0) {
    for (const [index, element] of value.entries()) {
      yield withIndex(withFieldAt(document, path, element), Long.fromNumber(index));
    }
    return;
  }
  const isEmpty = value === undefined || value === null || Array.isArray(value);
  if (isEmpty && !keepsEmpty) return;
  yield withIndex(Array.isArray(value) ? without(document, path) : document, null);
}

/** An empty array that is kept goes, as if the field were missing. */
function without(document: BsonDocument, path: string): BsonDocument {
  const [name, ...rest] = path.split('.');
  const copy = new Map(document);
  const inner = copy.get(name!);
  if (rest.length === 0) copy.delete(name!);
  else if (isDocument(inner)) copy.set(name!, without(inner, rest.join('.')));
  return copy;
}

function parseUnwind(spec: BsonValue): Unwind {
  if (typeof spec === 'string') return { path: pathOf(spec), keepsEmpty: false, indexField: null };
  if (!isDocument(spec)) {
    throw new MongoError(
      15981,
      `expected either a string or an object as specification for $unwind stage, got ${typeName(spec)}`,
    );
  }
  const known = ['path', 'preserveNullAndEmptyArrays', 'includeArrayIndex'];
  const unknown = [...spec.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw new MongoError(28811, `unrecognized option to $unwind stage: ${unknown}`);
  const path = spec.get('path');
  if (path === undefined) throw new MongoError(28812, 'no path specified to $unwind stage');
  if (typeof path !== 'string') {
    throw new MongoError(28808, `expected a string as the path for $unwind stage, got ${typeName(path)}`);
  }
  const indexField = spec.get('includeArrayIndex') ?? null;
  if (indexField !== null && (typeof indexField !== 'string' || indexField === '')) {
    throw new MongoError(
      28810,
      'expected a non-empty string for the includeArrayIndex option to $unwind stage',
    );
  }
  return { path: pathOf(path), keepsEmpty: spec.get('preserveNullAndEmptyArrays') === true, indexField };
}

function pathOf(path: string): string {
  if (path.startsWith('$')) return path.slice(1);
  throw new MongoError(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
}
