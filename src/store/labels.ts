import { createHash } from 'node:crypto';
import type { JsonObject } from './json-object';

const longestLabel = 128;

/** The labels of a session's metadata: one for each top-level key with a scalar value. */
export function labelsOf(metadata: JsonObject): string[] {
  return Object.entries(metadata)
    .filter(([, value]) => isScalar(value))
    .map(([key, value]) => labelOf(key, value));
}

/** Whether a metadata value can be searched for. */
export function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || typeof value !== 'object';
}

/** What the labels of a key begin with, unless they are hashed. */
export function labelPrefix(key: string): string {
  return `${key.replace(/[%=]/g, encodeURIComponent)}=`;
}

/**
 * `key=value`, different for any two pairs: the value is JSON, so that "1" and 1 differ, and the key's own `=` is
 * escaped. A long one is a hash, which has no `=`, so that an index entry stays short.
 */
export function labelOf(key: string, value: unknown): string {
  const plain = `${labelPrefix(key)}${JSON.stringify(value)}`;
  // A lone surrogate would reach the database as U+FFFD; hashed over UTF-16, it stays itself.
  if (plain.length <= longestLabel && !/\p{Surrogate}/u.test(plain)) return plain;
  return `sha256:${createHash('sha256').update(plain, 'utf16le').digest('base64url')}`;
}
