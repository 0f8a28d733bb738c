import { addMany, newId, newSession } from '../api/conversation';
import { CompleteSessionDocument, CreateSessionDocument } from '../generated/operations';
import { useTestApp } from '../support/test-app';

const server = useTestApp();

const following =
  'subscription ($sessionId: ID!, $after: Int) { eventAdded(sessionId: $sessionId, afterPosition: $after) { position } }';

/** A session of five events that has ended. */
async function endedSession(): Promise<string> {
  const sessionId = await newSession(server.app);
  await addMany(server.app, sessionId, 5);
  await server.app.execute(CompleteSessionDocument, { input: { sessionId } });
  return sessionId;
}

function stream(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return server.app.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patienceMs),
  });
}

/** Long enough for a busy machine, and shorter than what jest waits: it would not say what had arrived. */
const patienceMs = 15_000;

/** What a stream holds, up to its end. */
async function textOf({ body }: Response): Promise<string> {
  let text = '';
  const signal = AbortSignal.timeout(patienceMs);
  try {
    for await (const chunk of body!.pipeThrough(new TextDecoderStream(), { signal })) text += chunk;
  } catch (cause) {
    throw new Error(`the stream did not end after ${JSON.stringify(text)}`, { cause });
  }
  return text;
}

function eventOf(position: number): string {
  return `event: next\nid: ${position}\ndata: {"data":{"eventAdded":{"position":${position}}}}\n\n`;
}

describe('server-sent events', () => {
  it('deliver a subscription, from /graphql/stream or to whoever accepts them', async () => {
    const variables = { sessionId: await endedSession(), after: 3 };

    const streams = [
      await stream('/graphql/stream', { query: following, variables }),
      await stream('/graphql', { query: following, variables }, { accept: 'text/event-stream' }),
    ];

    for (const response of streams) {
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
      expect(await textOf(response)).toBe(`:\n\n${eventOf(4)}${eventOf(5)}event: complete\ndata: \n\n`);
    }
  });

  it('are had by GET too, and go on after the last event that a browser has got', async () => {
    const variables = JSON.stringify({ sessionId: await endedSession(), after: 0 });
    const parameters = new URLSearchParams({ query: following, variables });

    const response = await server.app.fetch(`/graphql/stream?${parameters}`, {
      headers: { accept: 'text/event-stream', 'last-event-id': '4' },
    });

    expect(await textOf(response)).toBe(`:\n\n${eventOf(5)}event: complete\ndata: \n\n`);
  });

  it('answer queries and mutations with one result', async () => {
    const sessionId = newId();
    const query = 'mutation ($input: CreateSessionInput!) { createSession(input: $input) { created } }';
    const variables = { input: { sessionId, language: 'en' } };

    const response = await stream('/graphql/stream', { query, variables });

    expect(await textOf(response)).toBe(
      ':\n\nevent: next\ndata: {"data":{"createSession":{"created":true}}}\n\nevent: complete\ndata: \n\n',
    );
  });

  it('refuse a mutation by GET', async () => {
    const input = { sessionId: newId(), language: 'en' };
    const query = 'mutation ($input: CreateSessionInput!) { createSession(input: $input) { created } }';
    const parameters = new URLSearchParams({ query, variables: JSON.stringify({ input }) });

    const response = await server.app.fetch(`/graphql/stream?${parameters}`);

    expect(await textOf(response)).toContain('"code":"BAD_REQUEST"');
    expect(await server.app.execute(CreateSessionDocument, { input })).toMatchObject({
      createSession: { created: true },
    });
  });

  it('tell errors as results', async () => {
    const unknown = { query: following, variables: { sessionId: newId() } };

    expect(await textOf(await stream('/graphql/stream', unknown))).toContain('"code":"SESSION_NOT_FOUND"');
    expect(await textOf(await stream('/graphql/stream', { query: '{ nothing }' }))).toContain(
      '"code":"GRAPHQL_VALIDATION_FAILED"',
    );
  });

  it('refuse a large subscription, which the connection would keep', async () => {
    const variables = { sessionId: await endedSession(), junk: 'x'.repeat(20_000) };

    expect(await textOf(await stream('/graphql/stream', { query: following, variables }))).toContain(
      '"code":"QUERY_TOO_COMPLEX"',
    );
  });

  it.each([
    ['has no query', {}],
    ['has no text as its query', { query: 1 }],
    ['names its operation by a number', { query: '{ __typename }', operationName: 1 }],
    ['has variables that are no object', { query: '{ __typename }', variables: [] }],
  ])('refuse a request that %s', async (_what, body) => {
    const response = await stream('/graphql/stream', body);

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  it('are not what a client gets who accepts JSON as well', async () => {
    const accept = 'application/graphql-response+json, application/json, text/event-stream, multipart/mixed';

    const response = await stream('/graphql', { query: '{ __typename }' }, { accept });

    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });
});
