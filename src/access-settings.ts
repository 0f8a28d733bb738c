import type { Config } from './config';
import { isLoopback } from './loopback';
import { choice, integer, optional, type Setting } from './setting';

/** How callers can authenticate. */
const authMethods = ['jwt', 'keys'] as const;
export type AuthMethod = (typeof authMethods)[number];

/**
 * Public-key signature algorithms (RFC 7518, section 3.1, and RFC 8037). Shared-secret algorithms are excluded: if both
 * were accepted, a token could be signed with the public key as the secret.
 */
const tokenAlgorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA'.split(' ');

/** A budget of points per time window. */
export interface RateQuota {
  readonly points: number;
  readonly seconds: number;
}

/** Authentication, browser access and rate limits. */
export const accessSettings = {
  auth: optional(
    'AUTH',
    readAuth,
    'none, jwt, keys; or jwt,keys',
    'How callers authenticate. Default: the methods for which JWT_… or API_KEYS_FILE is set.',
  ),
  apiKeysFile: optional('API_KEYS_FILE', asItIs, 'a path', 'The file of API keys, as npm run key writes it.'),
  jwtIssuer: optional('JWT_ISSUER', asItIs, 'a string', 'The issuer (iss) that tokens must have.'),
  jwtAudience: optional('JWT_AUDIENCE', asItIs, 'a string', 'The audience (aud) that tokens must have.'),
  jwtJwksUrl: optional('JWT_JWKS_URL', jwksUrl, 'a URL', 'Where the issuer publishes its keys.'),
  jwtKeyFile: optional(
    'JWT_KEY_FILE',
    asItIs,
    'a path',
    "The issuer's keys in a file instead: a public key or certificate in PEM, a JWK or a JWKS.",
  ),
  jwtAlgorithms: list(
    'JWT_ALGORITHMS',
    ['RS256', 'ES256', 'EdDSA'],
    algorithm,
    `one or more of ${tokenAlgorithms.join(', ')}`,
    'The accepted signature algorithms.',
  ),
  jwtClockSkewMs: integer(
    'JWT_CLOCK_SKEW_MS',
    30_000,
    0,
    600_000,
    "How far the issuer's clock may differ from this machine's, in milliseconds.",
  ),
  corsOrigins: list(
    'CORS_ORIGINS',
    [],
    originOf,
    'origins, or *',
    'Origins whose pages may call the API, such as https://app.example, separated by commas.',
  ),
  allowedHosts: list(
    'ALLOWED_HOSTS',
    [],
    hostName,
    'host names',
    'Host names that requests may use besides localhost. Others are refused if this is set, or if the server listens on ' +
      'loopback without authentication.',
  ),
  trustedProxies: list(
    'TRUSTED_PROXIES',
    [],
    asItIs,
    'addresses or CIDR ranges',
    'Proxies whose X-Forwarded-For is trusted.',
  ),
  introspection: choice(
    'INTROSPECTION',
    ['on', 'off'],
    'on',
    'Whether callers with sessions:read can query the schema, and errors suggest names from it.',
  ),
  trustedDocuments: optional(
    'TRUSTED_DOCUMENTS',
    asItIs,
    'a path',
    'A manifest of documents; no others run.',
  ),
  rateLimit: optional(
    'RATE_LIMIT',
    readRateQuota,
    'points/time, such as 6000/m, 100/s, 500/10s',
    'Points that each caller may spend. A query costs one per node it could touch, a write one per event.',
  ),
  rateLimitStore: choice(
    'RATE_LIMIT_STORE',
    ['memory', 'database'],
    'memory',
    'Where spent points are counted: in each process, or in the database for all processes.',
  ),
};

/** The authentication methods in use; if none, everyone may do everything. */
export function authMethodsOf(config: Config): readonly AuthMethod[] {
  if (config.auth !== null) return config.auth;
  const { jwtIssuer, jwtAudience, jwtJwksUrl, jwtKeyFile, apiKeysFile } = config;
  const hasJwt = [jwtIssuer, jwtAudience, jwtJwksUrl, jwtKeyFile].some((value) => value !== null);
  return authMethods.filter((method) => (method === 'jwt' ? hasJwt : apiKeysFile !== null));
}

/** Problems between access settings that are valid one by one, one line each. */
export function accessProblems(config: Config): string[] {
  const methods = authMethodsOf(config);
  const problems: string[] = [];
  if (methods.includes('keys') && config.apiKeysFile === null) problems.push('AUTH=keys needs API_KEYS_FILE');
  if (methods.includes('jwt')) problems.push(...tokenProblems(config));
  if (config.auth === null && methods.length === 0 && !isLoopback(config.host)) {
    problems.push(
      `HOST=${JSON.stringify(config.host)} is reachable from other machines: set AUTH to jwt or keys, or to none to let everyone do everything`,
    );
  }
  return problems;
}

function tokenProblems({ jwtIssuer, jwtAudience, jwtJwksUrl, jwtKeyFile }: Config): string[] {
  const problems: string[] = [];
  if (jwtIssuer === null) problems.push('AUTH=jwt needs JWT_ISSUER');
  if (jwtAudience === null) problems.push('AUTH=jwt needs JWT_AUDIENCE');
  if ((jwtJwksUrl === null) === (jwtKeyFile === null))
    problems.push('AUTH=jwt needs either JWT_JWKS_URL or JWT_KEY_FILE');
  return problems;
}

/** A comma-separated list. */
function list<T extends string>(
  variable: string,
  fallback: readonly T[],
  readOne: (value: string) => T,
  allowed: string,
  meaning: string,
): Setting<readonly T[]> {
  const read = (value: string) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(readOne);
  return { variable, fallback, allowed, meaning, read };
}

function asItIs(value: string): string {
  return value;
}

function readAuth(value: string): readonly AuthMethod[] {
  const named = value.split(',').map((part) => part.trim());
  if (named.length === 1 && named[0] === 'none') return [];
  const methods = authMethods.filter((method) => named.includes(method));
  if (methods.length === 0 || methods.length !== named.length)
    throw new Error('must be none, jwt, keys or jwt,keys');
  return methods;
}

function jwksUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (!isSafe)
    throw new Error('must be an https URL: anyone who can change the keys in transit can sign tokens');
  return value;
}

function algorithm(value: string): string {
  if (!tokenAlgorithms.includes(value))
    throw new Error(`must be one or more of ${tokenAlgorithms.join(', ')}`);
  return value;
}

function originOf(value: string): string {
  if (value === '*' || (URL.canParse(value) && new URL(value).origin === value)) return value;
  throw new Error(
    'must be origins as browsers send them, such as https://app.example or http://localhost:3000, or *',
  );
}

function hostName(value: string): string {
  if (!/^(\[[0-9a-f:.]+\]|[\w.-]+)$/i.test(value)) throw new Error('must be host names without ports');
  return value.toLowerCase();
}

function readRateQuota(text: string): RateQuota {
  const match = /^(\d{1,9})\/(\d{0,5})([smh])$/.exec(text);
  const seconds = match ? Number(match[2] || 1) * { s: 1, m: 60, h: 3600 }[match[3] as 's' | 'm' | 'h'] : 0;
  const points = Number(match?.[1] ?? 0);
  if (points < 1 || seconds < 1 || seconds > 86_400)
    throw new Error('must be points per time of at most a day, such as 6000/m, 100/s or 500/10s');
  return { points, seconds };
}
