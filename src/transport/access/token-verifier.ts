import { createPublicKey, X509Certificate } from 'node:crypto';
import {
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
} from 'jose';
import { type Scope, scopes } from './caller';
import { unauthenticated } from './refusals';

/** The rules for tokens, besides the signature. */
export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  /** Public-key algorithms only. */
  readonly algorithms: readonly string[];
  readonly clockSkewMs: number;
}

/** The identity in a token. */
export interface Identity {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly expiresAt: number;
}

const maxNameLength = 128;

/**
 * Verifies a JWT (RFC 7519) by the rules of RFC 8725: only configured algorithms; issuer, audience and expiry are required;
 * keys come from `findKey` alone, never from `jku`, `x5u` or `jwk`.
 * @throws UNAUTHENTICATED with the reason, never with the token's content; SERVICE_UNAVAILABLE of `findKey`
 */
export async function verifyToken(
  token: string,
  findKey: JWTVerifyGetKey,
  rules: TokenRules,
): Promise<Identity> {
  try {
    const { payload } = await jwtVerify(token, findKey, {
      issuer: rules.issuer,
      audience: rules.audience,
      algorithms: [...rules.algorithms],
      clockTolerance: rules.clockSkewMs / 1000,
      requiredClaims: ['exp'],
    });
    return {
      name: nameOf(payload),
      scopes: scopesOf(payload),
      expiresAt: payload.exp! * 1000 + rules.clockSkewMs,
    };
  } catch (error) {
    if (!(error instanceof errors.JOSEError || error instanceof TypeError)) throw error;
    throw unauthenticated(`The token is not accepted: ${reasonOf(error)}.`, 'invalid_token');
  }
}

function reasonOf(error: Error): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return claimProblem(error);
  if (error instanceof errors.JOSEAlgNotAllowed) return 'its algorithm is not allowed here';
  if (error instanceof errors.JWKSNoMatchingKey) return 'its key is unknown';
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'it must name its key (kid)';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  return 'it is not a valid JWT';
}

function claimProblem({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `it has no ${claim}`;
  switch (claim) {
    case 'iss':
      return 'it has another issuer (iss)';
    case 'aud':
      return 'it is for another audience (aud)';
    case 'nbf':
      return 'it is not valid yet (nbf)';
    default:
      return `its ${claim} is wrong`;
  }
}

/** The subject; for a client that acts for itself, OAuth servers omit it or use the client's id. */
function nameOf({ sub, client_id, azp }: JWTPayload): string {
  const name = [sub, client_id, azp].find((claim) => typeof claim === 'string' && claim !== '') ?? 'unnamed';
  return String(name).slice(0, maxNameLength);
}

/** From `scope` (RFC 8693, section 4.2: separated by spaces) and the common `scp`; each may also be a list. */
function scopesOf({ scope, scp }: JWTPayload): ReadonlySet<Scope> {
  const named = new Set([scope, scp].flatMap(wordsOf));
  return new Set(scopes.filter((one) => named.has(one)));
}

function wordsOf(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim.filter((word) => typeof word === 'string') : [];
}

/**
 * Parses a key file: a public key or certificate in PEM, a JWK, or a JWKS.
 * @throws Error that states the problem, without quoting the file
 */
export function parseKeyFile(text: string): JWTVerifyGetKey {
  if (!text.trimStart().startsWith('{')) {
    const key = publicKeyOf(text);
    return async () => key;
  }
  const keys = keySetOf(text);
  for (const key of keys.keys) {
    if ('d' in key || 'k' in key)
      throw new Error('it contains a private or secret key; the server needs only public ones');
  }
  return createLocalJWKSet(keys);
}

function publicKeyOf(pem: string) {
  if (/PRIVATE KEY-----/.test(pem))
    throw new Error('it contains a private key; the server needs only the public one');
  try {
    return pem.includes('CERTIFICATE-----') ? new X509Certificate(pem).publicKey : createPublicKey(pem);
  } catch {
    throw new Error('it is neither a public key in PEM nor a JWKS');
  }
}

function keySetOf(text: string): JSONWebKeySet {
  try {
    const parsed = JSON.parse(text) as JSONWebKeySet | { kty: string };
    const keys = ('keys' in parsed ? parsed : { keys: [parsed] }) as JSONWebKeySet;
    createLocalJWKSet(keys);
    return keys;
  } catch {
    throw new Error('it is neither a public key in PEM nor a JWKS');
  }
}
