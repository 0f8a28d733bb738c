import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Scope, scopes } from './caller';

/** The prefix of every new key, so that people and secret scanners recognise one. */
const keyPrefix = 'csk_';
const keyBytes = 32;

/** One entry of a key file. Only the owner has the key itself. */
export interface ApiKeyEntry {
  readonly name: string;
  /** SHA-256 of the key, 64 hexadecimal digits. A key of 256 random bits cannot be guessed from it. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
  /** RFC 3339; without it, the key never expires. */
  readonly expires?: string;
}

/** A key of the file, parsed. */
export interface ApiKey {
  readonly name: string;
  readonly digest: Buffer;
  readonly scopes: ReadonlySet<Scope>;
  readonly expiresAt: number | null;
  /** Identifies the entry as it stands: another one, or this one after any change, has another revision. */
  readonly revision: string;
}

/** A new key: 256 random bits. */
export function newApiKey(): string {
  return keyPrefix + randomBytes(keyBytes).toString('base64url');
}

/** The digest of a key, as in the file. */
export function digestOf(key: string): string {
  return hash('sha256', key);
}

/**
 * Finds the entry of a key, expired or not. Compares every entry, each in constant time, so that the duration reveals
 * nothing about the file.
 */
export function findApiKey(keys: readonly ApiKey[], key: string): ApiKey | null {
  const digest = Buffer.from(digestOf(key), 'hex');
  let found: ApiKey | null = null;
  for (const entry of keys) {
    if (timingSafeEqual(entry.digest, digest)) found = entry;
  }
  return found;
}

/**
 * Parses the text of a key file: `{ "keys": [{ "name", "sha256", "scopes", "expires"? }] }`.
 * @throws Error that names every invalid entry and its rule
 */
export function parseApiKeys(text: string): ApiKey[] {
  const problems: string[] = [];
  const keys = entriesOf(text).map((entry, index) => {
    const problem = problemOf(entry);
    if (problem) problems.push(`keys[${index}]${problem}`);
    return entry;
  });
  if (problems.length === 0) problems.push(...repetitions(keys));
  if (problems.length > 0) throw new Error(problems.join('; '));
  return keys.map(({ name, sha256, scopes: allowed, expires }) => ({
    name,
    digest: Buffer.from(sha256, 'hex'),
    scopes: new Set(allowed),
    expiresAt: expires === undefined ? null : Date.parse(expires),
    revision: JSON.stringify([name, sha256.toLowerCase(), allowed, expires]),
  }));
}

function entriesOf(text: string): ApiKeyEntry[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    throw new Error('it is not JSON');
  }
  const keys = (parsed as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw new Error('it must be {"keys": […]}');
  return keys as ApiKeyEntry[];
}

/** The first problem of an entry, or null. */
function problemOf(entry: unknown): string | null {
  if (typeof entry !== 'object' || entry === null) return ' must be an object';
  const { name, sha256, scopes: allowed, expires } = entry as Record<string, unknown>;
  const known: readonly unknown[] = scopes;
  if (!isKeyName(name)) return `.name must be ${keyNameRule}`;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256))
    return '.sha256 must be 64 hexadecimal digits';
  if (!Array.isArray(allowed) || allowed.length === 0 || !allowed.every((scope) => known.includes(scope)))
    return `.scopes must list some of ${scopes.join(', ')}`;
  if (expires !== undefined && (typeof expires !== 'string' || Number.isNaN(Date.parse(expires))))
    return '.expires must be a time such as 2027-01-31T00:00:00Z';
  return null;
}

export const keyNameRule = '1 to 64 letters, digits, dots, hyphens and underscores';

export function isKeyName(name: unknown): name is string {
  return typeof name === 'string' && /^[\w.-]{1,64}$/.test(name);
}

function repetitions(keys: readonly ApiKeyEntry[]): string[] {
  const names = keys.map(({ name }) => name);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(repeated)].map((name) => `the name ${name} is used twice`);
}
