import { addMany, newSession } from '../api/conversation';
import { AddEventsDocument, CompleteSessionDocument } from '../generated/operations';
import { useTestApp } from '../support/test-app';

const server = useTestApp();
const text = `${'é"\\\n€😀'.repeat(3000)}\u0000`;
const payloads = [
  { text },
  { list: [{ a: [] }, { a: [1, 'x', null] }, null], empty: {}, none: [] },
  { deep: { deep: [[[{ text }]]] } },
  {},
];

let sessionId: string;
let expected: string;

/** An ended session whose page of events is larger than what is encoded at once. */
beforeAll(async () => {
  sessionId = await newSession(server.app);
  const events = Array.from({ length: 400 }, (_, n) => ({
    sessionId,
    eventId: `e${n}`,
    type: 'SYSTEM' as const,
    payload: payloads[n % payloads.length]!,
  }));
  await server.app.execute(AddEventsDocument, { input: { events } });
  await server.app.execute(CompleteSessionDocument, { input: { sessionId } });
  const nodes = events.map(({ eventId, payload }) => ({ eventId, payload }));
  expected = `${JSON.stringify({ data: { session: { events: { nodes } } } })}\n`;
});

const query = () =>
  `{ session(sessionId: "${sessionId}") { events(first: 500) { nodes { eventId payload } } } }`;

describe('a large response', () => {
  it('is the same JSON as a small one would be, the first time and compiled', async () => {
    expect(expected.length).toBeGreaterThan(2 * 2 * 1024 * 1024);

    const send = async () => (await server.app.post(JSON.stringify({ query: query() }))).text();
    expect(await send()).toBe(expected);
    expect(await send()).toBe(expected);
  });

  it('has an ETag where it can be cached, and is not sent again to who has it', async () => {
    const path = `/graphql?query=${encodeURIComponent(query())}`;
    const headers = { 'apollo-require-preflight': '1' };

    const response = await server.app.fetch(path, { headers });
    const etag = response.headers.get('etag')!;
    const again = await server.app.fetch(path, { headers: { ...headers, 'if-none-match': etag } });

    expect(await response.text()).toBe(expected);
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  it('leaves the server as it was where its client goes in the middle', async () => {
    const leaving = new AbortController();
    const response = await server.app.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: query() }),
      signal: leaving.signal,
    });
    await response.body!.getReader().read();
    leaving.abort();

    const other = await newSession(server.app);
    await addMany(server.app, other, 1);
    expect(await server.app.send(`{ session(sessionId: "${other}") { eventCount } }`)).toEqual({
      data: { session: { eventCount: 1 } },
    });
  });
});
