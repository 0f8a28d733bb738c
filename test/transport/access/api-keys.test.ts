import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, outcomeOf } from '../../support/access-client';
import { audience, issuerName, newSigningKey } from '../../support/issuer';
import { startTestApp, type TestApp } from '../../support/test-app';

const command = join(__dirname, '../../../src/transport/access/key-command.js');
const read = '{ sessions(first: 1) { nodes { id } } }';
const write = 'mutation { createSession(input: { sessionId: "s", language: "en" }) { created } }';

let folder: string;
let file: string;
let app: TestApp | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conversations-'));
  file = join(folder, 'keys.json');
});

afterEach(async () => {
  await app?.close();
  app = undefined;
  rmSync(folder, { recursive: true });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `npm run key -- …` on the test's file. */
function runKey(...parameters: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, '--file', file, ...parameters], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

async function createKey(name: string, scopes: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await runKey('create', name, '--scopes', scopes, ...more);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('shown only once') });
  return stdout.trim();
}

/** Waits until the server has read its file again. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let time = 0; time < 150; time += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it did not come about');
}

describe('npm run key', () => {
  it('prints a new key once and keeps only its hash', async () => {
    const key = await createKey('telephony', 'sessions:read,sessions:write', '--expires', '2099-01-01');

    expect(key).toMatch(/^csk_[\w-]{43}$/);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain(key);
    expect(JSON.parse(text)).toEqual({
      keys: [
        {
          name: 'telephony',
          sha256: createHash('sha256').update(key).digest('hex'),
          scopes: ['sessions:read', 'sessions:write'],
          expires: '2099-01-01T00:00:00.000Z',
        },
      ],
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('lists and revokes', async () => {
    await createKey('a', 'sessions:read');
    await createKey('b', 'metrics:read');
    expect((await runKey('revoke', 'a')).code).toBe(0);

    expect((await runKey('list')).stdout).toBe('b\tmetrics:read\tnever expires\n');
  });

  it.each([
    [['create', 'a b', '--scopes', 'sessions:read'], /name must be/],
    [['create', 'a', '--scopes', 'sessions:delete'], /sessions:delete/],
    [['create', 'a', '--scopes', 'sessions:read', '--expires', 'soon'], /--expires takes/],
    [['create', 'a', '--scopes', 'sessions:read', '--expires', '2001-01-01'], /in the future/],
    [['create', 'a'], /npm run key -- create NAME/],
    [['revoke', 'a'], /no key named a/],
    [['dance'], /npm run key -- create NAME/],
  ])('refuses %j', async (parameters, words) => {
    const { code, stdout, stderr } = await runKey(...parameters);

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('refuses a second key of the same name', async () => {
    await createKey('a', 'sessions:read');

    expect(await runKey('create', 'a', '--scopes', 'sessions:read')).toMatchObject({
      code: 1,
      stderr: 'there is already a key named a\n',
    });
  });
});

describe('a server with API keys', () => {
  it('lets a key do what its scopes say', async () => {
    const key = await createKey('reader', 'sessions:read');
    app = await startTestApp({ API_KEYS_FILE: file });

    expect((await ask(app, read, key)).status).toBe(200);
    expect((await ask(app, read, null, { headers: { 'x-api-key': key } })).status).toBe(200);
    expect(await ask(app, write, key)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect(await ask(app, read, `${key}x`)).toMatchObject({
      status: 401,
      message: 'The API key is unknown.',
    });
  });

  it('takes any text whose hash is in the file, beside tokens too', async () => {
    const sha256 = createHash('sha256').update('of.my.own').digest('hex');
    writeFileSync(file, JSON.stringify({ keys: [{ name: 'own', sha256, scopes: ['sessions:read'] }] }));
    const issuer = join(folder, 'issuer.pem');
    writeFileSync(issuer, newSigningKey('key').publicKey.export({ type: 'spki', format: 'pem' }));
    app = await startTestApp({
      API_KEYS_FILE: file,
      JWT_ISSUER: issuerName,
      JWT_AUDIENCE: audience,
      JWT_KEY_FILE: issuer,
    });

    expect((await ask(app, read, 'of.my.own')).status).toBe(200);
    expect(await ask(app, read, 'of.my.other')).toMatchObject({
      status: 401,
      message: 'The API key is unknown.',
    });
    expect(await ask(app, read, 'eyJh.b.c')).toMatchObject({
      status: 401,
      message: 'The token is not accepted: it is not a valid JWT.',
    });
  });

  it('knows a key that is made while it runs, and forgets one that is revoked', async () => {
    const first = await createKey('first', 'sessions:read');
    app = await startTestApp({ API_KEYS_FILE: file });
    const server = app;
    expect((await ask(server, read, first)).status).toBe(200);

    const second = await createKey('second', 'sessions:read');
    await until(async () => (await ask(server, read, second)).status === 200);
    await runKey('revoke', 'first');

    await until(async () => (await ask(server, read, first)).status === 401);
    expect((await ask(server, read, second)).status).toBe(200);
  });

  it('keeps the last good state of a file that is broken, and says so', async () => {
    const key = await createKey('reader', 'sessions:read');
    app = await startTestApp({ API_KEYS_FILE: file });
    const { log } = app;
    writeFileSync(file, `{"keys": [{"name": "reader", "sha256": "${'0'.repeat(63)}"}]}`);
    await until(async () => log.all().some(({ level }) => level === 'error'));

    expect((await ask(app, read, key)).status).toBe(200);
    expect(log.takeErrors()).toMatchObject([
      { details: { reason: expect.stringContaining('keys[0].sha256 must be 64 hexadecimal digits') } },
    ]);
  });

  it('refuses a key from the moment on when it expires', async () => {
    const expires = new Date(Date.now() + 3000).toISOString();
    const key = await createKey('short', 'sessions:read', '--expires', expires);
    app = await startTestApp({ API_KEYS_FILE: file });
    expect((await ask(app, read, key)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, Date.parse(expires) - Date.now() + 50));

    expect(await ask(app, read, key)).toMatchObject({ status: 401, message: 'The API key has expired.' });
  });

  it('stops looking at the credentials of an address that fails too often, but not at good ones', async () => {
    const key = await createKey('reader', 'sessions:read');
    app = await startTestApp({ API_KEYS_FILE: file });
    const statuses = new Set<number>();
    for (let time = 0; time < 70; time += 1) statuses.add((await ask(app, read, `csk_guess${time}`)).status);
    expect(statuses).toEqual(new Set([401, 429]));

    const refused = await ask(app, read, 'csk_another');
    expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMITED', extensions: { retryable: true } });
    expect(refused.extensions.retryAfterMs).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(app, read, key)).status).toBe(200);
  });

  it('names the caller in the log of a request, and never the key', async () => {
    const key = await createKey('reader', 'sessions:read');
    app = await startTestApp({ API_KEYS_FILE: file, LOG_REQUESTS: 'on' });
    await ask(app, read, key);
    await ask(app, read, `${key}wrong`);
    const lines = JSON.stringify(app.log.all());

    expect(lines).toContain('"caller":"reader"');
    expect(lines).not.toContain(key);
  });

  it('guards what stands beside the API', async () => {
    const reader = await createKey('reader', 'sessions:read');
    const metrics = await createKey('prometheus', 'metrics:read');
    app = await startTestApp({ API_KEYS_FILE: file, METRICS: 'on' });
    const status = async (path: string, key: string | null) =>
      (await app!.fetch(path, { headers: key === null ? {} : { authorization: `Bearer ${key}` } })).status;

    expect(await status('/metrics', null)).toBe(401);
    expect(await status('/metrics', reader)).toBe(403);
    expect(await status('/metrics', metrics)).toBe(200);
    expect(await status('/schema.graphql', null)).toBe(401);
    expect(await status('/schema.graphql', metrics)).toBe(403);
    expect(await status('/schema.graphql', reader)).toBe(200);
    expect(await status('/health/live', null)).toBe(200);
    expect(await status('/', null)).toBe(200);
  });

  it('authenticates before it reads the text: nothing of the schema is told to strangers', async () => {
    await createKey('reader', 'sessions:read');
    app = await startTestApp({ API_KEYS_FILE: file });

    for (const body of ['{ sesion }', '{ __schema { types { name } } }', '{'])
      expect(await ask(app, body, null)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    const broken = await outcomeOf(await app.post('not JSON'));
    expect(broken.status).toBe(401);
  });
});
