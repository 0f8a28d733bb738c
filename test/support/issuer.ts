import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWK, type JWTPayload, SignJWT } from 'jose';

/** A key of an issuer with the name that tokens and the JWKS give it. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const issuerName = 'https://issuer.example';
export const audience = 'conversations';

export function newSigningKey(kid: string, algorithm: 'RS256' | 'ES256' | 'EdDSA' = 'ES256'): SigningKey {
  return { kid, algorithm, ...pairFor(algorithm) };
}

function pairFor(algorithm: 'RS256' | 'ES256' | 'EdDSA') {
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return generateKeyPairSync('ed25519');
}

/** A token as it should be, for ten minutes, but for the claims and header fields that are given. */
export function signToken(
  key: SigningKey,
  claims: JWTPayload = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = { iss: issuerName, aud: audience, sub: 'dashboard', iat: now, exp: now + 600, ...claims };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid, ...header })
    .sign(key.privateKey);
}

export async function publicJwk({ kid, algorithm, publicKey }: SigningKey): Promise<JWK> {
  return { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
}

/** An issuer's JWKS, whose keys can change and which can be out of order. */
export class JwksServer {
  keys: readonly SigningKey[] = [];
  isDown = false;
  requests = 0;
  private readonly server: Server = createServer((_request, response) => void this.answer(response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/jwks.json`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(response: import('node:http').ServerResponse): Promise<void> {
    this.requests += 1;
    if (this.isDown) {
      response.writeHead(500).end();
      return;
    }
    const keys = await Promise.all(this.keys.map(publicJwk));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  }
}
