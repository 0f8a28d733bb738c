import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '../../support/access-client';
import { audience, issuerName, JwksServer, newSigningKey, publicJwk, signToken } from '../../support/issuer';
import { startTestApp, type TestApp, useTestApp } from '../../support/test-app';

const read = '{ sessions(first: 1) { nodes { id } } }';
const write = 'mutation { createSession(input: { sessionId: "s", language: "en" }) { created } }';
const folder = mkdtempSync(join(tmpdir(), 'conversations-'));
const rsa = newSigningKey('rsa-1', 'RS256');
const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const keyFile = join(folder, 'issuer.pem');
writeFileSync(keyFile, pem);
afterAll(() => rmSync(folder, { recursive: true }));

const rules = { JWT_ISSUER: issuerName, JWT_AUDIENCE: audience };
const server = useTestApp({ ...rules, JWT_KEY_FILE: keyFile, JWT_CLOCK_SKEW_MS: '5000' });
const seconds = () => Math.floor(Date.now() / 1000);

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

const claims = () => ({
  iss: issuerName,
  aud: audience,
  sub: 'intruder',
  exp: seconds() + 600,
  scope: 'sessions:read sessions:write',
});

describe('a token', () => {
  it.each([
    ['scope', { scope: 'openid sessions:read' }],
    ['scope, as a list', { scope: ['sessions:read'] }],
    ['scp', { scp: ['sessions:read'] }],
    ['scp, as a text', { scp: 'sessions:read profile' }],
  ])('allows what its %s says, and nothing else', async (_claim, granted) => {
    const token = await signToken(rsa, granted);
    for (let time = 0; time < 2; time += 1) {
      expect(await ask(server.app, read, token)).toMatchObject({ status: 200, code: undefined });
      expect(await ask(server.app, write, token)).toMatchObject({
        status: 403,
        code: 'FORBIDDEN',
        message: 'Mutation.createSession needs the scope sessions:write, which dashboard does not have.',
        extensions: { scope: 'sessions:write', retryable: false },
      });
    }
  });

  it('is asked for where there is none, in words that name the scopes', async () => {
    const { status, code, message, headers } = await ask(server.app, write, null);

    expect({ status, code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
    expect(message).toContain('sessions:write');
    expect(headers.get('www-authenticate')).toBe('Bearer realm="conversation-session-service"');
  });

  it('that lacks a scope is told which in WWW-Authenticate', async () => {
    const { headers } = await ask(server.app, read, await signToken(rsa, { scope: '' }));

    expect(headers.get('www-authenticate')).toBe(
      'Bearer realm="conversation-session-service", error="insufficient_scope", scope="sessions:read"',
    );
  });

  it('still works within the clock skew, and not after', async () => {
    const late = await signToken(rsa, { exp: seconds() - 2, scope: 'sessions:read' });

    expect((await ask(server.app, read, late)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(await ask(server.app, read, late)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  });
});

describe('a forged or unfit token is refused:', () => {
  const forgeries: Record<string, () => string | Promise<string>> = {
    'alg none, unsigned': () => `${encode({ alg: 'none' })}.${encode(claims())}.`,
    'alg None': () => `${encode({ alg: 'None', typ: 'JWT' })}.${encode(claims())}.`,
    'HS256, signed with the public key as the secret': () => {
      const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims())}`;
      return `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`;
    },
    'another issuer': () => signToken(rsa, { ...claims(), iss: 'https://other.example' }),
    'no issuer': () => signToken(rsa, { ...claims(), iss: undefined }),
    'another audience': () => signToken(rsa, { ...claims(), aud: 'billing' }),
    'no audience': () => signToken(rsa, { ...claims(), aud: undefined }),
    expired: () => signToken(rsa, { ...claims(), exp: seconds() - 60 }),
    'without expiry': () => signToken(rsa, { ...claims(), exp: undefined }),
    'not valid yet': () => signToken(rsa, { ...claims(), nbf: seconds() + 60 }),
    'signed with a key of its own, which it brings along': async () => {
      const own = newSigningKey('rsa-1', 'RS256');
      return signToken(own, claims(), { jwk: await publicJwk(own) });
    },
    'with a key at a URL of its own': () =>
      signToken(newSigningKey('rsa-1', 'RS256'), claims(), { jku: 'http://127.0.0.1:9/jwks.json' }),
    'with a kid that is a path or a query': () =>
      signToken(newSigningKey('../../../../dev/null', 'RS256'), claims(), { kid: "' OR 1=1 --" }),
    'changed after it was signed': async () => {
      const [header, , signature] = (await signToken(rsa, { scope: 'sessions:read' })).split('.');
      return `${header}.${encode(claims())}.${signature}`;
    },
    'without its signature': async () =>
      `${(await signToken(rsa, claims())).split('.').slice(0, 2).join('.')}.`,
    'an algorithm that is not allowed': () => signToken({ ...rsa, algorithm: 'PS512' }, claims()),
    'a critical header that is not known': async () => {
      const [, payload, signature] = (await signToken(rsa, claims())).split('.');
      return `${encode({ alg: 'RS256', crit: ['x'], x: 1 })}.${payload}.${signature}`;
    },
    'no token at all': () => 'hello',
    'five parts': () => 'a.b.c.d.e',
  };

  it.each(Object.keys(forgeries))('%s', async (name) => {
    const token = await forgeries[name]!();
    const { status, code, message, headers } = await ask(server.app, read, token);

    expect({ status, code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
    expect(message).not.toContain(token);
    expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it.each([
    ['Basic credentials', { authorization: 'Basic dXNlcjpwYXNz' }],
    ['two credentials', { authorization: 'Bearer a', 'x-api-key': 'b' }],
    ['a scheme alone', { authorization: 'Bearer' }],
    ['one of 9,000 characters', { authorization: `Bearer ${'x'.repeat(9000)}` }],
  ])('%s', async (_what, headers) => {
    const { status, headers: answer } = await ask(server.app, read, null, { headers });

    expect(status).toBe(401);
    expect(answer.get('www-authenticate')).toContain('error="invalid_request"');
  });

  it('one in the URL is not looked at', async () => {
    const token = await signToken(rsa, claims());
    const parameters = new URLSearchParams({ query: read, access_token: token });

    expect((await server.app.fetch(`/graphql?${parameters}`)).status).toBe(401);
  });
});

describe('keys at a URL', () => {
  const jwks = new JwksServer();
  const first = newSigningKey('key-1');
  const second = newSigningKey('key-2', 'EdDSA');
  const granted = { scope: 'sessions:read' };
  let app: TestApp;

  beforeAll(async () => {
    jwks.keys = [first];
    app = await startTestApp({ ...rules, JWT_JWKS_URL: await jwks.start() });
  });

  afterAll(async () => {
    await app.close();
    await jwks.stop();
  });

  it('are fetched once, not for every request', async () => {
    for (let time = 0; time < 5; time += 1)
      expect((await ask(app, read, await signToken(first, { ...granted, jti: `${time}` }))).status).toBe(200);

    expect(jwks.requests).toBe(1);
  });

  it('may be rotated: a new kid is looked for, an old one is no longer taken', async () => {
    jwks.keys = [second];
    const old = await signToken(first, granted);
    expect((await ask(app, read, old)).status).toBe(200);
    // The next look may follow a second after the last.
    await new Promise((resolve) => setTimeout(resolve, 1100));

    expect((await ask(app, read, await signToken(second, granted))).status).toBe(200);
    expect((await ask(app, read, old)).status).toBe(401);
  });

  it('are not fetched for each token with an unknown kid', async () => {
    const before = jwks.requests;
    const unknown = newSigningKey('key-9');
    for (let time = 0; time < 5; time += 1)
      expect((await ask(app, read, await signToken(unknown, { jti: `${time}` }))).status).toBe(401);

    expect(jwks.requests - before).toBeLessThan(5);
  });

  it('stay in use while the URL does not answer', async () => {
    jwks.isDown = true;
    await new Promise((resolve) => setTimeout(resolve, 1100));

    expect((await ask(app, read, await signToken(newSigningKey('key-9'), granted))).status).toBe(401);
    expect((await ask(app, read, await signToken(second, { ...granted, jti: 'new' }))).status).toBe(200);
  });
});

it('keys that could never be fetched are an outage, not a bad token', async () => {
  const jwks = new JwksServer();
  jwks.isDown = true;
  const key = newSigningKey('key-1');
  jwks.keys = [key];
  const app = await startTestApp({ ...rules, JWT_JWKS_URL: await jwks.start() });
  try {
    const token = await signToken(key, { scope: 'sessions:read' });
    expect(await ask(app, read, token)).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' });

    jwks.isDown = false;
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await ask(app, read, token)).status).toBe(200);
  } finally {
    await app.close();
    await jwks.stop();
  }
});
