import { BsonValue, Value } from './bson-value';
import { check } from './errors';

/** The position that a path component such as `0` names in an array. */
export function arrayIndexOf(name: string): number | null {
  return /^(0|[1-9]\d{0,8})$/.test(name) ? Number(name) : null;
}

/**
 * Splits `a.b.c`, as MongoDB does for sort keys, projections and aggregation.
 * @throws MongoError 15998 for a path that is none
 */
export function parseFieldPath(path: string): string[] {
  const names = path.split('.');
  const isRight = names.every((name) => name !== '' && !name.startsWith('$'));
  check(isRight, 15998, 'Names in a path may not be empty, and may not start with $');
  return names;
}

/** The part of a path before its first dot: the top-level field it reads. */
export function topLevelName(path: string): string {
  return path.split('.', 1)[0]!;
}

/** All values that a path names in a document, an array at its end taken apart, as `distinct` collects them. */
export function valuesAtPath(value: Value, path: readonly string[]): BsonValue[] {
  const [name, ...rest] = path;
  if (name === undefined) return value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (value instanceof Map) return valuesAtPath(value.get(name), rest);
  if (!Array.isArray(value)) return [];
  const index = arrayIndexOf(name);
  if (index !== null) return valuesAtPath(value[index], rest);
  return value.flatMap((element) => (element instanceof Map ? valuesAtPath(element, path) : []));
}
