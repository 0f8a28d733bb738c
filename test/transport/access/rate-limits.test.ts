import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, newApiKey } from '../../../src/transport/access/api-keys';
import { ask, type HttpOutcome } from '../../support/access-client';
import { startTestApp, type TestApp, useTestApp } from '../../support/test-app';

const folder = mkdtempSync(join(tmpdir(), 'conversations-'));
const keyFile = join(folder, 'keys.json');
const names = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'] as const;
type Name = (typeof names)[number];
const keys = Object.fromEntries(names.map((name) => [name, newApiKey()])) as Record<Name, string>;
writeFileSync(
  keyFile,
  JSON.stringify({
    keys: names.map((name) => ({
      name,
      sha256: digestOf(keys[name]),
      scopes: ['sessions:read', 'sessions:write'],
    })),
  }),
);
afterAll(() => rmSync(folder, { recursive: true }));

const settings = { API_KEYS_FILE: keyFile, RATE_LIMIT: '1000/h' };
const page = (first: number) => `{ sessions(first: ${first}) { nodes { id } } }`;
const addEvents = 'mutation ($input: AddEventsInput!) { addEvents(input: $input) { createdCount } }';
const createSession = 'mutation { createSession(input: { sessionId: "s", language: "en" }) { created } }';

function events(count: number) {
  const list = Array.from({ length: count }, (_, index) => ({
    sessionId: 's',
    eventId: `e-${index}`,
    type: 'SYSTEM',
    payload: {},
  }));
  return { variables: { input: { events: list } } };
}

function remaining({ headers }: HttpOutcome): number {
  return Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);
}

function itCounts(app: () => TestApp): void {
  it('what a query could touch, not how many queries there are', async () => {
    expect(remaining(await ask(app(), page(100), keys.one))).toBe(900);
    expect(remaining(await ask(app(), page(300), keys.one))).toBe(600);
    expect(remaining(await ask(app(), '{ __typename }', keys.one))).toBe(599);
  });

  it('the events of a write, however little of them is selected', async () => {
    await ask(app(), createSession, keys.two);
    const answer = await ask(app(), addEvents, keys.two, events(200));

    expect(answer.data).toEqual({ addEvents: { createdCount: 200 } });
    expect(remaining(answer)).toBe(799);
  });

  it('each caller by itself', async () => {
    await ask(app(), page(500), keys.three);

    expect(remaining(await ask(app(), page(1), keys.four))).toBe(999);
  });

  it('up to the limit, and says how long to wait beyond it', async () => {
    for (let time = 0; time < 2; time += 1) await ask(app(), page(480), keys.five);
    for (let time = 0; time < 3; time += 1) {
      const refused = await ask(app(), page(100), keys.five);

      expect(refused).toMatchObject({
        status: 429,
        code: 'RATE_LIMITED',
        data: undefined,
        extensions: { retryable: true, retryAfterMs: expect.any(Number) },
      });
      const seconds = Number(refused.headers.get('retry-after'));
      expect(seconds).toBe(Math.ceil(Number(refused.extensions.retryAfterMs) / 1000));
      expect(seconds).toBeLessThanOrEqual(3600);
      expect(refused.headers.get('ratelimit-policy')).toBe('"default";q=1000;w=3600');
      expect(remaining(refused)).toBe(40);
    }
    // What was refused has taken nothing.
    expect((await ask(app(), page(40), keys.five)).status).toBe(200);
    expect((await ask(app(), '{ __typename }', keys.five)).status).toBe(429);
  });

  it('and says so where no budget would ever do', async () => {
    const many = `{ ${['a', 'b', 'c'].map((name) => `${name}: sessions(first: 500) { nodes { id } }`).join(' ')} }`;

    expect(await ask(app(), many, keys.six)).toMatchObject({ status: 400, code: 'QUERY_TOO_COMPLEX' });
  });

  it('what several send at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(app(), page(100), keys.seven)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
  });
}

describe('a rate limit in memory counts', () => {
  const server = useTestApp(settings);
  itCounts(() => server.app);

  it('nothing for answers outside of the API, which name the policy all the same', async () => {
    const { headers } = await server.app.fetch('/health/live');

    expect(headers.get('ratelimit-policy')).toBe('"default";q=1000;w=3600');
    expect(headers.get('ratelimit')).toBeNull();
  });
});

describe('a rate limit in the database counts', () => {
  const server = useTestApp({ ...settings, RATE_LIMIT_STORE: 'database' });
  itCounts(() => server.app);
});

it('a rate limit counts by address where nobody says who they are', async () => {
  const app = await startTestApp({ RATE_LIMIT: '100/h', TRUSTED_PROXIES: '127.0.0.1' });
  const from = async (address: string, first: number) =>
    remaining(await ask(app, page(first), null, { headers: { 'x-forwarded-for': address } }));
  try {
    expect(await from('192.0.2.1', 10)).toBe(90);
    expect(await from('192.0.2.1', 10)).toBe(80);
    expect(await from('192.0.2.2', 10)).toBe(90);
    expect(await from('2001:db8:1:2::1', 10)).toBe(90);
    // Every client has all addresses of its network.
    expect(await from('2001:db8:1:2:ffff::9', 10)).toBe(80);
    expect(await from('2001:db8:1:3::1', 10)).toBe(90);
  } finally {
    await app.close();
  }
});

it('a rate limit is renewed when its time is over', async () => {
  const app = await startTestApp({ RATE_LIMIT: '50/2s' });
  try {
    expect((await ask(app, page(50), null)).status).toBe(200);
    const refused = await ask(app, page(1), null);
    expect(refused.status).toBe(429);
    await new Promise((resolve) => setTimeout(resolve, Number(refused.extensions.retryAfterMs) + 50));

    expect((await ask(app, page(50), null)).status).toBe(200);
  } finally {
    await app.close();
  }
});
