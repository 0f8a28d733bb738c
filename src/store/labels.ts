import { createHash } from 'node:crypto';
import type { JsonObject } from './json-object';

const longestLabel = 128;

/** The labels of a session's metadata: one for each top-level key with a scalar value. */
export function labelsOf(metadata: JsonObject): string[] {
  return Object.entries(metadata)
    .filter(([, value]) => isScalar(value))
    .map(([key, value]) => labelOf(key, value));
}

/** Whether a metadata value can be filtered by. */
export function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || typeof value !== 'object';
}

/** The prefix of a key's labels, unless they are hashed. */
export function labelPrefix(key: string): string {
  return `${key.replace(/[%=]/g, encodeURIComponent)}=`;
}

/**
 * `key=value`, unique for each pair: the value is JSON, so that "1" and 1 differ, and `=` in the key is escaped. A long
 * label is replaced by a hash, which has no `=`, to keep index entries short.
 */
export function labelOf(key: string, value: unknown): string {
  const plain = `${labelPrefix(key)}${JSON.stringify(value)}`;
  // A lone surrogate would be stored as U+FFFD; a hash over UTF-16 preserves it.
  if (plain.length <= longestLabel && !/\p{Surrogate}/u.test(plain)) return plain;
  return `sha256:${createHash('sha256').update(plain, 'utf16le').digest('base64url')}`;
}
