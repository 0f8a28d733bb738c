import { BsonDocument, BsonValue } from './bson-value';
import { check } from './errors';

/** The position that a path component such as `0` names in an array. */
export function arrayIndexOf(name: string): number | null {
  return /^(0|[1-9]\d{0,8})$/.test(name) ? Number(name) : null;
}

/**
 * Splits `a.b.c`, as MongoDB does for sort keys, projections and aggregation.
 * @throws MongoError 40352, 40353, 15998, 16410 for a path that is none
 */
export function parseFieldPath(path: string): string[] {
  check(path !== '', 40352, 'FieldPath cannot be constructed with empty string');
  check(!path.endsWith('.'), 40353, "FieldPath must not end with a '.'.");
  const names = path.split('.');
  check(!names.includes(''), 15998, 'FieldPath field names may not be empty strings.');
  check(!names.some((name) => name.startsWith('$')), 16410, "FieldPath field names may not start with '$'.");
  return names;
}

/** The part of a path before its first dot: the top-level field it reads. */
export function topLevelName(path: string): string {
  const dot = path.indexOf('.');
  return dot < 0 ? path : path.slice(0, dot);
}

/** An array as the document that BSON stores it as. */
export function arrayAsDocument(values: BsonValue[]): BsonDocument {
  return new Map(values.map((value, index) => [String(index), value]));
}

/** Whether an array at the end of a path stands for its elements (and itself), or for itself only. */
export type LeafArray = 'elements' | 'whole';

/**
 * Whether `test` accepts one of the values that a path names in a document, arrays on the way standing for each of
 * their documents and, before a number, for that element. A field that is not there is tested as `undefined`.
 */
export function anyAtPath(
  document: BsonDocument,
  path: readonly string[],
  leaf: LeafArray,
  test: (value: BsonValue | undefined) => boolean,
): boolean {
  const [name, ...rest] = path;
  const value = document.get(name!);
  if (rest.length > 0) {
    if (value instanceof Map) return anyAtPath(value, rest, leaf, test);
    return Array.isArray(value) ? anyInArray(value, rest, leaf, test) : test(undefined);
  }
  if (leaf === 'elements' && Array.isArray(value) && value.some(test)) return true;
  return test(value);
}

function anyInArray(
  values: BsonValue[],
  path: readonly string[],
  leaf: LeafArray,
  test: (value: BsonValue | undefined) => boolean,
): boolean {
  if (values.some((value) => value instanceof Map && anyAtPath(value, path, leaf, test))) return true;
  const index = arrayIndexOf(path[0]!);
  const element = index === null ? undefined : values[index];
  if (element === undefined) return false;
  const rest = path.slice(1);
  // An element that the path names by its position is taken as it is, even where it is an array.
  if (rest.length === 0) return test(element);
  if (element instanceof Map) return anyAtPath(element, rest, leaf, test);
  return Array.isArray(element) && anyInArray(element, rest, leaf, test);
}

/** All values that a path names in a document, an array at its end taken apart, as `distinct` collects them. */
export function valuesAtPath(document: BsonDocument, path: string): BsonValue[] {
  return collect(document, path.split('.'));
}

function collect(value: BsonValue | undefined, path: readonly string[]): BsonValue[] {
  const [name, ...rest] = path;
  if (name === undefined) return value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (value instanceof Map) return collect(value.get(name), rest);
  if (!Array.isArray(value)) return [];
  const index = arrayIndexOf(name);
  if (index !== null) return collect(value[index], rest);
  return value.flatMap((element) => (element instanceof Map ? collect(element, path) : []));
}
