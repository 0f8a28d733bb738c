import { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { useTestApp } from '../support/test-app';

const server = useTestApp({ MAX_BODY_BYTES: '100000' });
const query = '{ __typename }';
const asked = JSON.stringify({ query });
const answered = { data: { __typename: 'Query' } };

interface Failure {
  readonly errors: readonly [{ readonly message: string; readonly extensions: Record<string, unknown> }];
}

async function failure(response: Response): Promise<{ status: number; message: string; code: unknown }> {
  expect(response.headers.get('content-type')).toMatch(/^application\/(graphql-response\+)?json/);
  const { errors } = (await response.json()) as Failure;
  return { status: response.status, message: errors[0].message, code: errors[0].extensions.code };
}

/** What a server says on a bare connection until it closes it. */
function exchange(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = new Socket().connect(Number(port), hostname, () => socket.end(text));
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    socket.on('close', () => resolve(heard));
    socket.on('error', reject);
  });
}

describe('a request', () => {
  it.each([
    [undefined, 'application/json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
    ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
    [
      'application/graphql-response+json, application/json;q=0.9',
      'application/graphql-response+json; charset=utf-8',
    ],
    ['text/event-stream, multipart/mixed, application/json', 'application/json; charset=utf-8'],
  ])('with Accept %s is answered as %s, every time', async (accept, contentType) => {
    for (let time = 0; time < 3; time += 1) {
      const response = await server.app.post(asked, accept ? { accept } : {});

      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(contentType);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.json()).toEqual(answered);
    }
  });

  it('may be a GET, without any special header', async () => {
    const path = `/graphql?${new URLSearchParams({ query })}`;
    const response = await server.app.fetch(path);

    expect(await response.json()).toEqual(answered);
  });

  it('may be a GET of a query only', async () => {
    const path = `/graphql?${new URLSearchParams({ query: 'mutation { __typename }' })}`;
    const response = await server.app.fetch(path, { headers: { 'content-type': 'application/json' } });

    expect(response.headers.get('allow')).toBe('POST');
    expect(await failure(response)).toMatchObject({ status: 405, code: 'BAD_REQUEST' });
  });

  it('is one operation, not a list of them', async () => {
    const response = await server.app.post(`[${asked}, ${asked}]`);

    expect(await failure(response)).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
  });

  it('takes no other method', async () => {
    const response = await server.app.fetch('/graphql', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: asked,
    });

    expect(response.headers.get('allow')).toBe('GET, POST');
    expect(await failure(response)).toMatchObject({ status: 405, code: 'BAD_REQUEST' });
  });
});

describe('a body', () => {
  it.each<[string, string | Uint8Array<ArrayBuffer>, number, RegExp]>([
    ['is not JSON', '{"query": "{ __typename }"', 400, /not valid JSON/],
    ['is cut off', asked.slice(0, -5), 400, /not valid JSON/],
    ['is not UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400, /UTF-8/],
    ['is empty', '', 400, /body/],
    ['is null', 'null', 400, /body/],
    ['is a text', '"{ __typename }"', 400, /body/],
    ['has no query', '{"variables": {}}', 400, /query/],
    ['has a query that is no text', '{"query": 1}', 400, /string/],
    ['has variables that are none', '{"query": "{ __typename }", "variables": [1]}', 400, /variables/],
    [
      'has an operation name that is none',
      '{"query": "{ __typename }", "operationName": 1}',
      400,
      /operationName/,
    ],
    [
      'is too large',
      JSON.stringify({ query, variables: { x: 'x'.repeat(100_000) } }),
      413,
      /larger than 100000 bytes/,
    ],
  ])('that %s is refused', async (_what, body, status, message) => {
    const { message: said, ...rest } = await failure(await server.app.post(body));

    expect(rest).toEqual({ status, code: 'BAD_REQUEST' });
    expect(said).toMatch(message);
  });

  it('does not come back in the refusal', async () => {
    const { message } = await failure(await server.app.post('{"query": "secret" oops'));

    expect(message).toBe('The body is not valid JSON, at character 19.');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
  ])('of type %s is refused', async (type) => {
    const response = await server.app.post(asked, { 'content-type': type });

    expect(await failure(response)).toMatchObject({ status: 415, code: 'BAD_REQUEST' });
  });

  it('far too large is answered all the same', async () => {
    const response = await server.app.post('x'.repeat(20_000_000));

    expect(await failure(response)).toMatchObject({ status: 413, code: 'BAD_REQUEST' });
  });

  it('that is compressed is refused as such', async () => {
    const response = await server.app.post(new Uint8Array(gzipSync(asked)), { 'content-encoding': 'gzip' });
    const { message, ...rest } = await failure(response);

    expect(rest).toEqual({ status: 415, code: 'BAD_REQUEST' });
    expect(message).toContain('content-encoding');
  });

  it('shorter than its content-length ends the connection, not the server', async () => {
    await exchange(
      server.app.url,
      `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n${asked}`,
    );

    expect(await (await server.app.post(asked)).json()).toEqual(answered);
  });
});

describe('a persisted query', () => {
  it.each([
    ['with another hash than its text has', { version: 1, sha256Hash: '0'.repeat(64) }, /sha does not match/],
    ['of another version', { version: 2, sha256Hash: '0'.repeat(64) }, /version/],
  ])('%s is the fault of its sender, not of the server', async (_what, persistedQuery, words) => {
    const response = await server.app.post(JSON.stringify({ query, extensions: { persistedQuery } }));
    const { message, ...rest } = await failure(response);

    expect(rest).toEqual({ status: 400, code: 'BAD_REQUEST' });
    expect(message).toMatch(words);
  });
});

describe('errors of the text', () => {
  it.each([
    ['{ __typename', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query A { __typename } query B { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
  ])('%s is %s, as Apollo says it', async (text, code) => {
    expect(await failure(await server.app.post(JSON.stringify({ query: text })))).toMatchObject({
      status: 400,
      code,
    });
  });

  it('say how subscriptions are asked for, every time', async () => {
    for (let time = 0; time < 2; time += 1) {
      const response = await server.app.post(
        JSON.stringify({ query: 'subscription { eventAdded(sessionId: "a") { id } }' }),
      );

      expect(await failure(response)).toMatchObject({
        status: 400,
        code: 'BAD_REQUEST',
        message: 'Subscriptions need a WebSocket, or a request that accepts text/event-stream.',
      });
    }
  });

  it('say so where a text repeats too much to be validated', async () => {
    const response = await server.app.post(JSON.stringify({ query: `{ ${'__typename '.repeat(900)} }` }));

    expect(await failure(response)).toMatchObject({
      status: 400,
      code: 'QUERY_TOO_COMPLEX',
      message: 'The operation is too complex: it repeats too many fields to be validated.',
    });
  });

  it('name the argument that a variable does not fit', async () => {
    const text = 'mutation ($event: AddEventInput!) { addEvent(input: $event) { created } }';
    const event = { sessionId: 's', eventId: 'e', type: 'WHISPER', payload: {} };
    for (let time = 0; time < 2; time += 1) {
      const response = await server.app.post(JSON.stringify({ query: text, variables: { event } }));
      const { errors } = (await response.json()) as Failure;

      expect(response.status).toBe(400);
      expect(errors[0].extensions).toEqual({
        code: 'BAD_USER_INPUT',
        retryable: false,
        argument: 'event.type',
      });
    }
  });

  it('do not quote all of a large value', async () => {
    const text = 'query ($id: ID!) { session(sessionId: $id) { id } }';
    const response = await server.app.post(
      JSON.stringify({ query: text, variables: { id: ['x'.repeat(50_000)] } }),
    );
    const { errors } = (await response.json()) as Failure;

    expect(errors[0].message.length).toBeLessThan(1100);
  });
});

describe('what is no GraphQL', () => {
  it('is answered in the same shape where there is nothing', async () => {
    expect(await failure(await server.app.fetch('/nothing'))).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
    });
  });

  it('is answered in the same shape where the path is none', async () => {
    expect(await failure(await server.app.fetch('/%zz'))).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
  });

  it('is answered in the same shape where it is not even HTTP', async () => {
    const heard = await exchange(server.app.url, 'hello?\r\n\r\n');

    expect(heard).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(JSON.parse(heard.split('\r\n\r\n')[1] ?? '')).toEqual({
      errors: [{ message: 'This is not an HTTP request.', extensions: { code: 'BAD_REQUEST' } }],
    });
  });

  it('is refused where its headers are too large', async () => {
    const heard = await exchange(server.app.url, `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`);

    expect(heard).toMatch(/^HTTP\/1.1 431 /);
  });
});

it('the log names a request by the id that its client gave it, and nothing that it carried', async () => {
  const text = 'mutation Add($input: AddEventInput!) { addEvent(input: $input) { created } }';
  const input = { sessionId: 'none', eventId: 'e', type: 'SYSTEM', payload: { card: 'payload-4711' } };
  const body = JSON.stringify({ query: text, operationName: 'Add', variables: { input } });
  await server.app.post(body, { 'x-request-id': 'from-the-client' });
  const lines = server.app.log.all();

  expect(lines).toContainEqual({
    level: 'debug',
    message: 'request',
    details: {
      requestId: 'from-the-client',
      operation: 'Add',
      type: 'mutation',
      transport: 'http',
      durationMs: expect.any(Number),
      cost: expect.any(Number),
      errors: ['SESSION_NOT_FOUND'],
      caller: 'anonymous',
    },
  });
  expect(JSON.stringify(lines)).not.toContain('payload-4711');
});
