import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { connectTo, Follower } from '../../live/follower';
import { RawSocket } from '../../live/raw-socket';
import { ask } from '../../support/access-client';
import { audience, issuerName, newSigningKey, signToken } from '../../support/issuer';
import { useTestApp } from '../../support/test-app';

const folder = mkdtempSync(join(tmpdir(), 'conversations-'));
const key = newSigningKey('key');
const keyFile = join(folder, 'issuer.pem');
writeFileSync(keyFile, key.publicKey.export({ type: 'spki', format: 'pem' }));
afterAll(() => rmSync(folder, { recursive: true }));

const server = useTestApp({
  JWT_ISSUER: issuerName,
  JWT_AUDIENCE: audience,
  JWT_KEY_FILE: keyFile,
  JWT_CLOCK_SKEW_MS: '0',
});
const url = () => server.app.url;
const following = 'subscription ($sessionId: ID!) { sessionChanged(sessionId: $sessionId) { status } }';
const seconds = () => Math.floor(Date.now() / 1000);
const reader = (expiresIn = 600) => signToken(key, { scope: 'sessions:read', exp: seconds() + expiresIn });

async function newSession(sessionId: string): Promise<string> {
  const input = { sessionId, language: 'en' };
  const create = 'mutation ($input: CreateSessionInput!) { createSession(input: $input) { created } }';
  await ask(server.app, create, await signToken(key, { scope: 'sessions:write' }), { variables: { input } });
  return sessionId;
}

/** The code and reason with which a connection is closed that begins with this payload. */
async function closedFor(payload: object | undefined): Promise<readonly [number, string]> {
  const socket = await RawSocket.open(url());
  socket.send({ type: 'connection_init', payload });
  return socket.closed();
}

describe('a WebSocket', () => {
  it.each(['Authorization', 'authorization'])(
    'is opened by a token in %s of connection_init',
    async (name) => {
      const client = connectTo(url(), { [name]: `Bearer ${await reader()}` });
      const follower = new Follower(client, following, { sessionId: await newSession(`by-${name}`) });

      await follower.until(() => follower.results.length > 0);
      expect(follower.data).toEqual([{ sessionChanged: { status: 'INITIATED' } }]);
      follower.stop();
      await client.dispose();
    },
  );

  it('is closed without a good one', async () => {
    expect((await closedFor(undefined))[0]).toBe(4403);
    expect((await closedFor({ authorization: 'Bearer x.y.z' }))[0]).toBe(4403);
    const expired = await signToken(key, { scope: 'sessions:read', exp: seconds() - 10 });
    expect(await closedFor({ authorization: `Bearer ${expired}` })).toEqual([
      4403,
      'The token is not accepted: it has expired.',
    ]);
  });

  it('does what the scopes of its token say', async () => {
    const token = await signToken(key, { scope: 'sessions:write' });
    const client = connectTo(url(), { authorization: `Bearer ${token}` });
    const follower = new Follower(client, following, { sessionId: await newSession('unread') });

    expect(await follower.ended()).toMatchObject([
      { extensions: { code: 'FORBIDDEN', scope: 'sessions:read' } },
    ]);
    await client.dispose();
  });

  it('is closed when its token expires', async () => {
    const sessionId = await newSession('expiring');
    const client = connectTo(url(), { authorization: `Bearer ${await reader(5)}` });
    const follower = new Follower(client, following, { sessionId });

    expect(await follower.ended()).toMatchObject({ code: 4403, reason: 'The credential has expired' });
    await client.dispose();
  });

  it.each([
    ['of a foreign page', { origin: 'https://evil.example' }],
    ['of a foreign page, as newer browsers say it', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
  ])('%s is not opened', async (_what, headers) => {
    const socket = new WebSocket(url().replace('http', 'ws'), 'graphql-transport-ws', { headers });
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('open', () => resolve('open'));
      socket.on('error', () => undefined);
    });
    socket.terminate();

    expect(status).toBe(403);
  });
});

describe('server-sent events', () => {
  const stream = async (sessionId: string, token: string | null) =>
    server.app.fetch('/graphql/stream', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query: following, variables: { sessionId } }),
    });

  it('are refused without a good token, as any request', async () => {
    const sessionId = await newSession('streamed');

    expect((await stream(sessionId, null)).status).toBe(401);
    expect((await stream(sessionId, 'x.y.z')).status).toBe(401);
  });

  it('end when the token expires', async () => {
    const sessionId = await newSession('stream-expiring');
    const response = await stream(sessionId, await reader(5));

    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"status":"INITIATED"');
  });
});
