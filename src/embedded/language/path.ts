import { BsonDocument, BsonValue, Value } from './bson-value';
import { check } from './errors';

/** The position that a path component such as `0` names in an array. */
export function arrayIndexOf(name: string): number | null {
  return /^(0|[1-9]\d{0,8})$/.test(name) ? Number(name) : null;
}

/**
 * Splits `a.b.c`, as MongoDB does for sort keys, projections and aggregation.
 * @throws MongoError 15998, 16410 for a path that is none
 */
export function parseFieldPath(path: string): string[] {
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
  test: (value: Value) => boolean,
): boolean {
  const [name, ...rest] = path;
  const value = document.get(name!);
  if (rest.length === 0) {
    return (leaf === 'elements' && Array.isArray(value) && value.some(test)) || test(value);
  }
  if (Array.isArray(value)) return anyInArray(value, rest, leaf, test);
  return value instanceof Map ? anyAtPath(value, rest, leaf, test) : test(undefined);
}

function anyInArray(
  values: BsonValue[],
  path: readonly string[],
  leaf: LeafArray,
  test: (value: Value) => boolean,
): boolean {
  if (values.some((value) => value instanceof Map && anyAtPath(value, path, leaf, test))) return true;
  const [name, ...rest] = path;
  const index = arrayIndexOf(name!);
  const element = index === null ? undefined : values[index];
  if (element === undefined) return false;
  // An element that the path names by its position is taken as it is, even where it is an array.
  if (rest.length === 0) return test(element);
  if (Array.isArray(element)) return anyInArray(element, rest, leaf, test);
  return element instanceof Map && anyAtPath(element, rest, leaf, test);
}

/** All values that a path names in a document, an array at its end taken apart, as `distinct` collects them. */
export function valuesAtPath(document: BsonDocument, path: string): BsonValue[] {
  return collect(document, path.split('.'));
}

function collect(value: Value, path: readonly string[]): BsonValue[] {
  const [name, ...rest] = path;
  if (name === undefined) return value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (value instanceof Map) return collect(value.get(name), rest);
  if (!Array.isArray(value)) return [];
  const index = arrayIndexOf(name);
  if (index !== null) return collect(value[index], rest);
  return value.flatMap((element) => (element instanceof Map ? collect(element, path) : []));
}
