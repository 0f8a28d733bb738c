import {
  AddEventDocument,
  CompleteSessionDocument,
  CreateSessionDocument,
  EventType,
  UpdateSessionDocument,
} from '../generated/operations';
import { useTestApp } from '../support/test-app';

const server = useTestApp();
const kept = 'private, max-age=3600';
const revalidated = 'private, no-cache';

beforeAll(async () => {
  for (const sessionId of ['open', 'ended']) {
    await server.app.execute(CreateSessionDocument, {
      input: { sessionId, language: 'en', metadata: { a: { b: [1] } } },
    });
    await server.app.execute(AddEventDocument, {
      input: { sessionId, eventId: 'e', type: 'SYSTEM' satisfies EventType, payload: { status: 'ringing' } },
    });
  }
  await server.app.execute(CompleteSessionDocument, { input: { sessionId: 'ended' } });
});

function get(query: string, headers: Record<string, string> = {}, variables: object = {}): Promise<Response> {
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
  return server.app.fetch(`/graphql?${search}`, { headers: { 'apollo-require-preflight': '1', ...headers } });
}

describe('an answer to GET may be kept', () => {
  it.each([
    [
      'it is about a session that has ended',
      '{ session(sessionId: "ended") { status endedAt durationMs } }',
      kept,
    ],
    ['what is said about it may change', '{ session(sessionId: "ended") { m: metadata } }', revalidated],
    [
      'what is said about its session may change',
      '{ event(sessionId: "ended", eventId: "e") { payload session { ...S } } } fragment S on Session { language }',
      revalidated,
    ],
    ['the session is open', '{ session(sessionId: "open") { status } }', 'no-store'],
    ['there is no such session yet', '{ session(sessionId: "none") { language } }', 'no-store'],
    ['a list may grow', '{ sessions { nodes { sessionId } } }', 'no-store'],
    [
      'it leads to its events',
      '{ session(sessionId: "ended") { events { nodes { payload } totalCount } } }',
      kept,
    ],
    ['it goes up again', '{ event(sessionId: "ended", eventId: "e") { payload session { status } } }', kept],
    [
      'it goes up to one that is open',
      '{ event(sessionId: "open", eventId: "e") { session { id } } }',
      'no-store',
    ],
    [
      'nothing says whether its session has ended',
      '{ event(sessionId: "ended", eventId: "e") { payload } }',
      'no-store',
    ],
    [
      'one of two is open',
      '{ a: session(sessionId: "ended") { id } b: session(sessionId: "open") { id } }',
      'no-store',
    ],
    [
      'in fragments',
      '{ session(sessionId: "ended") { ...F } } fragment F on Session { id ... { status } }',
      kept,
    ],
    ['by a global id', `{ node(id: "${Buffer.from('Session ended').toString('base64url')}") { id } }`, kept],
    [
      'a part of it failed',
      '{ session(sessionId: "ended") { id events(first: 0) { totalCount } } }',
      'no-store',
    ],
    ['it is about nothing', '{ __typename }', 'no-store'],
  ])('or not, as %s', async (_why, query, cacheControl) => {
    const response = await get(query);

    expect(response.headers.get('cache-control')).toBe(cacheControl);
    expect(response.headers.has('etag')).toBe(cacheControl !== 'no-store');
  });

  it('and is the same as the answer to POST', async () => {
    const query = `query ($id: ID!) { session(sessionId: $id) { id status metadata events { nodes { payload session { status } } } } }`;
    const variables = { id: 'ended' };

    expect(await (await get(query, {}, variables)).json()).toEqual(await server.app.send(query, variables));
  });

  it('and a client that has it already is told so', async () => {
    const query = '{ session(sessionId: "ended") { status } }';
    const etag = (await get(query)).headers.get('etag') ?? '';

    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await get(query, { 'if-none-match': known });

      expect(response.status).toBe(304);
      expect(response.headers.get('etag')).toBe(etag);
      expect(await response.text()).toBe('');
    }
    expect((await get(query, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('and one that asks again gets what was changed after the end', async () => {
    const query = '{ session(sessionId: "enriched") { status metadata } }';
    await server.app.execute(CreateSessionDocument, { input: { sessionId: 'enriched', language: 'en' } });
    await server.app.execute(CompleteSessionDocument, { input: { sessionId: 'enriched' } });
    const etag = (await get(query)).headers.get('etag') ?? '';
    expect((await get(query, { 'if-none-match': etag })).status).toBe(304);

    await server.app.execute(UpdateSessionDocument, {
      input: { sessionId: 'enriched', setMetadata: { summary: 'a late one' } },
    });

    const again = await get(query, { 'if-none-match': etag });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ data: { session: { metadata: { summary: 'a late one' } } } });
  });
});

it('an answer to POST is never kept', async () => {
  const response = await server.app.post(
    JSON.stringify({ query: '{ session(sessionId: "ended") { status } }' }),
  );

  expect(response.headers.get('cache-control')).toBe('no-store');
});
