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

/** What a token must be, beyond its signature. */
export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  /** Of public keys only. */
  readonly algorithms: readonly string[];
  readonly clockSkewMs: number;
}

/** Who a token speaks for. */
export interface Identity {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly expiresAt: number;
}

const maxNameLength = 128;

/**
 * Verifies a JWT (RFC 7519) by the rules of RFC 8725: the algorithm is one of those configured, never the token's own
 * choice; issuer, audience and expiry are required; keys come from `findKey` alone, whatever `jku`, `x5u` or `jwk` say.
 * @throws UNAUTHENTICATED that says what is wrong, never what the token holds; SERVICE_UNAVAILABLE of `findKey`
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
  if (error instanceof errors.JWKSNoMatchingKey) return 'its key is not known here';
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

/** The subject; for a client that acts for itself, OAuth servers leave it out or repeat the client's id there. */
function nameOf({ sub, client_id, azp }: JWTPayload): string {
  const name = [sub, client_id, azp].find((claim) => typeof claim === 'string' && claim !== '') ?? 'unnamed';
  return String(name).slice(0, maxNameLength);
}

/** From `scope` (RFC 8693, section 4.2: separated by spaces) and `scp`, which others use; each may also be a list. */
function scopesOf({ scope, scp }: JWTPayload): ReadonlySet<Scope> {
  const named = new Set([scope, scp].flatMap(wordsOf));
  return new Set(scopes.filter((one) => named.has(one)));
}

function wordsOf(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim.filter((word) => typeof word === 'string') : [];
}

/**
 * The keys in a file: a public key or certificate in PEM, a JWK, or a JWKS.
 * @throws Error that says what is wrong with the file, without quoting it
 */
export function parseKeyFile(text: string): JWTVerifyGetKey {
  if (!text.trimStart().startsWith('{')) {
    const key = publicKeyOf(text);
    return async () => key;
  }
  const keys = keySetOf(text);
  for (const key of keys.keys) {
    if ('d' in key || 'k' in key)
      throw new Error('it holds a private or secret key; the server needs only public ones');
  }
  return createLocalJWKSet(keys);
}

function publicKeyOf(pem: string) {
  if (/PRIVATE KEY-----/.test(pem))
    throw new Error('it holds a private key; the server needs only the public one');
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
