import { connect } from 'node:net';
import { startTestApp, type TestApp, useTestApp } from '../../support/test-app';
import { codeOf, type RawAnswer, rawRequest } from '../../support/raw-request';

const listed = 'https://dashboard.example';
const foreign = 'https://evil.example';
const server = useTestApp({ CORS_ORIGINS: `${listed}, http://localhost:3000` });
const query = JSON.stringify({ query: '{ __typename }' });
const url = (path = '/graphql') => new URL(path, server.app.url);
const get = (headers: Record<string, string>) => rawRequest(url('/graphql?query={__typename}'), { headers });
const post = (headers: Record<string, string>, body = query) =>
  rawRequest(url(), { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

describe('a request that no page has sent', () => {
  it.each([
    ['curl', { 'user-agent': 'curl/8', accept: '*/*' }],
    ['an address typed into a browser', { 'sec-fetch-site': 'none' }],
    ['a page of this server', { 'sec-fetch-site': 'same-origin' }],
  ])('is answered, as that of %s', async (_who, headers) => {
    expect((await get(headers as Record<string, string>)).status).toBe(200);
    expect((await post(headers as Record<string, string>)).status).toBe(200);
  });

  it('is answered where only Origin says that the page is of this server', async () => {
    const { host } = url();

    expect((await post({ origin: `http://${host}` })).status).toBe(200);
  });
});

describe('a request of a foreign page', () => {
  it.each<[string, Record<string, string>]>([
    ['a form that posts', { origin: foreign, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ['a script', { origin: foreign, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }],
    [
      'an image or link, which has no Origin',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    ],
    [
      'a neighbour of the same site',
      { origin: 'https://other.dashboard.example', 'sec-fetch-site': 'same-site' },
    ],
    ['an older browser', { origin: foreign }],
    ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['a page that lies with its port', { origin: 'http://127.0.0.1:1' }],
    ['one whose origin only begins like a listed one', { origin: `${listed}.evil.example` }],
  ])('is refused: %s', async (_what, headers) => {
    for (const answer of [await get(headers), await post(headers)]) {
      expect(answer.status).toBe(403);
      expect(codeOf(answer)).toBe('FORBIDDEN');
      expect(answer.body).toContain('CORS_ORIGINS');
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'is refused as %s, what a form can send without asking',
    async (type) => {
      const simple = { 'content-type': type, origin: foreign, 'sec-fetch-site': 'cross-site' };

      expect((await post(simple)).status).toBe(403);
      // Not even a browser that says nothing of where it comes from gets it through.
      expect((await post({ 'content-type': type })).status).toBe(415);
    },
  );

  it('is refused before a browser would send it, in words', async () => {
    const answer = await preflight(foreign);

    expect(answer.status).toBe(403);
    expect(answer.body).toContain(`Requests from a page of ${foreign} are not allowed`);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

function preflight(origin: string): Promise<RawAnswer> {
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type',
    'sec-fetch-site': 'cross-site',
  };
  return rawRequest(url(), { method: 'OPTIONS', headers });
}

describe('a page of a listed origin', () => {
  const page = { origin: listed, 'sec-fetch-site': 'cross-site' };

  it('may ask, and read the answer', async () => {
    const asked = await preflight(listed);

    expect(asked.status).toBe(204);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': listed,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization,content-type',
    });
    for (const { status, headers } of [await get(page), await post(page)]) {
      expect(status).toBe(200);
      expect(headers['access-control-allow-origin']).toBe(listed);
      expect(headers.vary).toMatch(/origin/i);
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  it('may read refusals too', async () => {
    const { status, headers } = await post(page, '{');

    expect(status).toBe(400);
    expect(headers['access-control-allow-origin']).toBe(listed);
    expect(headers['access-control-expose-headers']).toContain('Retry-After');
  });
});

describe('CORS_ORIGINS=*', () => {
  let open: TestApp;
  beforeAll(async () => {
    open = await startTestApp({ CORS_ORIGINS: '*' });
  });
  afterAll(() => open.close());

  it('lets every page in', async () => {
    const answer = await rawRequest(new URL(open.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: foreign, 'sec-fetch-site': 'cross-site' },
      body: query,
    });

    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });
});

describe('on loopback, without authentication', () => {
  it.each(['localhost', 'localhost:4000', '127.0.0.1:4000', '127.9.9.9', '[::1]:4000', 'app.localhost'])(
    'a request to %s is answered',
    async (host) => {
      expect((await get({ host })).status).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.168.0.1',
    '0.0.0.0',
    'a b',
  ])('one to %j is refused, whatever the path (DNS rebinding)', async (host) => {
    for (const path of ['/graphql?query={__typename}', '/', '/health/live', '/nothing']) {
      const answer = await rawRequest(url(path), { headers: { host } });

      expect(answer.status).toBe(403);
      expect(answer.body).toContain('ALLOWED_HOSTS');
    }
  });

  it('one to a name in ALLOWED_HOSTS is answered', async () => {
    const app = await startTestApp({ ALLOWED_HOSTS: 'calls.example, other.example' });
    const status = async (host: string) =>
      (await rawRequest(new URL(app.url), { method: 'POST', headers: headersFor(host), body: query })).status;
    try {
      expect([
        await status('calls.example:8080'),
        await status('Other.Example'),
        await status('third.example'),
      ]).toEqual([200, 200, 403]);
    } finally {
      await app.close();
    }
  });
});

function headersFor(host: string): Record<string, string> {
  return { host, 'content-type': 'application/json' };
}

describe('every answer has the security headers:', () => {
  const expected = {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  };

  it.each<[string, string, Parameters<typeof rawRequest>[1]]>([
    ['data', '/graphql?query={__typename}', {}],
    ['a refusal', '/graphql?query={', {}],
    ['the page', '/', {}],
    ['a file of the page', '/explorer/main.js', {}],
    ['nothing there', '/nothing', {}],
    ['a path that is none', '/%zz', {}],
    ['health', '/health/live', {}],
    ['a foreign host', '/', { headers: { host: 'evil.example' } }],
    ['another method', '/graphql', { method: 'DELETE' }],
  ])('%s', async (_what, path, options) => {
    const { headers } = await rawRequest(url(path), options);

    expect(headers).toMatchObject(expected);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('server');
  });

  it('what is no HTTP', async () => {
    const heard = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(url().port), '127.0.0.1', () => socket.end('hello?\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });

    for (const [name, value] of Object.entries(expected)) expect(heard).toContain(`${name}: ${value}\r\n`);
  });
});
