import { createHash } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'graphql-ws';
import { connectTo, Follower } from '../../live/follower';
import { RawSocket } from '../../live/raw-socket';
import { ask } from '../../support/access-client';
import { useTestApp } from '../../support/test-app';

const folder = mkdtempSync(join(tmpdir(), 'conversations-'));
const file = join(folder, 'keys.json');
const sessionId = 'watched';
const following = 'subscription ($sessionId: ID!) { sessionChanged(sessionId: $sessionId) { eventCount } }';
const all = ['sessions:read', 'sessions:write'];

/** Replaces the key file; each key is its own name. */
function writeKeys(keys: Record<string, readonly string[]>): void {
  const entries = Object.entries(keys).map(([name, scopes]) => {
    return { name, sha256: createHash('sha256').update(name).digest('hex'), scopes };
  });
  writeFileSync(`${file}.new`, JSON.stringify({ keys: entries }));
  renameSync(`${file}.new`, file);
}

writeKeys({ kept: all, revoked: all, narrowed: all });
const server = useTestApp({ API_KEYS_FILE: file });
const clients: Client[] = [];

function follow(key: string): Follower<unknown> {
  const client = connectTo(server.app.url, { authorization: `Bearer ${key}` });
  clients.push(client);
  return new Follower(client, following, { sessionId });
}

async function stream(key: string): Promise<Response> {
  return server.app.fetch('/graphql/stream', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ query: following, variables: { sessionId } }),
  });
}

/** A request whose body comes later than its credential; `finish` sends it and resolves to the status. */
function startStream(key: string): { finish(): Promise<number | undefined> } {
  const body = JSON.stringify({ query: following, variables: { sessionId } });
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-api-key': key,
    connection: 'close',
  };
  const sent = request(new URL('/graphql/stream', server.app.url), { method: 'POST', headers });
  const status = new Promise<number | undefined>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  sent.flushHeaders();
  return {
    finish: () => {
      sent.end(body);
      return status;
    },
  };
}

afterAll(async () => {
  await Promise.all(clients.map((client) => client.dispose()));
  rmSync(folder, { recursive: true });
});

describe('a key that is revoked or changed', () => {
  it('ends its live connections when the file is read again, and no others', async () => {
    const create = `mutation { createSession(input: { sessionId: "${sessionId}", language: "en" }) { created } }`;
    await ask(server.app, create, 'kept');
    const [kept, revoked, narrowed] = [follow('kept'), follow('revoked'), follow('narrowed')];
    for (const follower of [kept, revoked, narrowed]) await follower.length(1);
    const revokedStream = await stream('revoked');
    const late = startStream('revoked');

    writeKeys({ kept: all, narrowed: ['sessions:read'] });

    const reason = { code: 4403, reason: 'The credential was revoked' };
    expect(await revoked.ended()).toMatchObject(reason);
    expect(await narrowed.ended()).toMatchObject(reason);
    expect(await late.finish()).toBe(401);
    expect(await revokedStream.text()).not.toContain('event: complete');
    const add = `mutation { addEvent(input: { sessionId: "${sessionId}", eventId: "e", type: SYSTEM, payload: {} }) { created } }`;
    await ask(server.app, add, 'kept');
    await kept.length(2);
    kept.stop();
  });

  it('opens none after that', async () => {
    const socket = await RawSocket.open(server.app.url);
    socket.send({ type: 'connection_init', payload: { authorization: 'Bearer revoked' } });

    expect(await socket.closed()).toEqual([4403, 'The API key is unknown.']);
    expect((await stream('revoked')).status).toBe(401);
  });
});
