import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type RunningProcess, startServerProcess } from '../process/server-process';
import { type CollectedSpan, TraceCollector } from '../process/trace-collector';
import { connectTo, Follower } from '../live/follower';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

const create =
  'mutation Create($id: ID!) { createSession(input: { sessionId: $id, language: "en" }) { created } }';
const add =
  'mutation Add($id: ID!, $event: ID!) { addEvent(input: { sessionId: $id, eventId: $event, type: SYSTEM, payload: { card: "payload-4711" } }) { created } }';
const look = 'query Look($id: ID!) { session(sessionId: $id) { status events { nodes { eventId } } } }';

const server = 2;
const client = 3;
const failed = 2;

let collector: TraceCollector;
let database: TestDatabase;
let app: RunningProcess;

beforeEach(async () => {
  collector = await TraceCollector.start();
  database = await createTestDatabase();
  // In a process of its own: the exporter loads its HTTP client in a way that Jest does not let it.
  app = await startServerProcess({ ...database.settings, OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
});

afterEach(async () => {
  collector.close();
  await app.kill();
  await database.remove();
});

function send(query: string, variables: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(app.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
}

function named(name: string): CollectedSpan[] {
  return collector.spans.filter((span) => span.name === name);
}

function childrenOf(span: CollectedSpan | undefined): CollectedSpan[] {
  return collector.spans.filter(({ parentSpanId }) => span !== undefined && parentSpanId === span.spanId);
}

it('a trace goes from the request of a client over its operation to the commands of the database', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await send(create, { id: 's' });
  await send(look, { id: 's' });
  // A second time, on the fast path.
  await send(look, { id: 's' }, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
  expect(await app.stop()).toBe(0);

  const request = collector.spans.find((span) => span.parentSpanId === 'b7ad6b7169203331');
  expect(request).toMatchObject({
    traceId,
    name: 'POST /graphql',
    kind: server,
    attributes: { 'http.request.method': 'POST', 'http.route': '/graphql', 'http.response.status_code': 200 },
  });
  const [operation, ...otherOperations] = childrenOf(request);
  expect(otherOperations).toEqual([]);
  expect(operation).toMatchObject({
    traceId,
    name: 'query Look',
    attributes: {
      'graphql.operation.type': 'query',
      'graphql.operation.name': 'Look',
      'conversation.caller': 'anonymous',
    },
  });
  const commands = childrenOf(operation);
  expect(commands.length).toBeGreaterThan(0);
  expect(commands[0]!.name).toMatch(/^(find|aggregate) (sessions|events)$/);
  for (const command of commands)
    expect(command).toMatchObject({ traceId, kind: client, attributes: { 'db.system.name': 'mongodb' } });
  expect(collector.resource).toMatchObject({ 'service.name': 'conversation-session-service' });
});

it('the answer says which trace it belongs to', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

  const continued = await send(look, { id: 's' }, { traceparent });
  const begun = await send(look, { id: 's' }, { traceparent: 'nonsense' });
  expect(await app.stop()).toBe(0);

  expect(continued.headers.get('traceresponse')).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  expect(continued.headers.get('traceparent')).toBe(continued.headers.get('traceresponse'));
  expect(begun.headers.get('traceresponse')).toMatch(/^00-(?!0af765)[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

it('events that are stored together are one span, linked to all of their operations', async () => {
  await send(create, { id: 's' });
  await Promise.all(Array.from({ length: 10 }, (_, event) => send(add, { id: 's', event: `e${event}` })));
  expect(await app.stop()).toBe(0);

  const operations = named('mutation Add');
  const batches = named('store events');
  expect(operations).toHaveLength(10);
  expect(batches.length).toBeGreaterThan(0);
  const reached = new Set(
    batches.flatMap(({ parentSpanId, links = [] }) => [parentSpanId, ...links.map(({ spanId }) => spanId)]),
  );
  for (const { spanId } of operations) expect(reached).toContain(spanId);
  for (const batch of batches)
    expect(childrenOf(batch).map(({ name }) => name)).toContain('commitTransaction');
});

it('operations over a WebSocket have traces of their own, and those of an event stream that of its request', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const follow = 'subscription Follow($id: ID!) { eventAdded(sessionId: $id, afterPosition: 0) { eventId } }';
  await send(create, { id: 's' });
  const client = connectTo(app.url);
  const looking = new Follower(client, look, { id: 's' });
  await looking.ended();
  const following = new Follower(client, follow, { id: 's' });
  const stream = await send(
    follow,
    { id: 's' },
    { accept: 'text/event-stream', traceparent: `00-${traceId}-b7ad6b7169203331-01` },
  );
  await send(add, { id: 's', event: 'e' });
  await following.length(1);
  await stream.body!.cancel();
  await client.dispose();
  expect(await app.stop()).toBe(0);

  const [looked] = named('query Look');
  expect(looked).toMatchObject({ kind: server });
  expect(looked).not.toHaveProperty('parentSpanId');
  expect(childrenOf(looked).map(({ name }) => name)).toContainEqual(
    expect.stringMatching(/^(find|aggregate) (sessions|events)$/),
  );
  const followed = named('subscription Follow');
  expect(followed).toHaveLength(2);
  const [request] = named('POST /graphql').filter((span) => span.traceId === traceId);
  expect(followed.map(({ parentSpanId }) => parentSpanId)).toEqual(
    expect.arrayContaining([undefined, request!.spanId]),
  );
});

it('errors are marked, and nothing that was sent or stored is in a trace', async () => {
  await send(add, { id: 'secret-id', event: 'e' });
  await send('query Invalid { nothing }', {});
  expect(await app.stop()).toBe(0);

  const [refused] = named('mutation Add');
  expect(refused).toMatchObject({ status: { code: failed } });
  expect(named('GraphQL operation')[0]).toMatchObject({ status: { code: failed } });
  expect(collector.text).not.toMatch(/payload-4711|secret-id|nothing/);
});

it('a collector that is away costs no answer, and keeps no server from stopping', async () => {
  collector.close();

  expect((await send(create, { id: 's' })).status).toBe(200);
  expect(await app.stop()).toBe(0);

  expect(app.output()).not.toContain('"level":50');
});

// Metrics need the types of the API; the rest would cost memory and time at every start.
it('nothing else of it is loaded where it is not asked for', () => {
  const program = `require(${JSON.stringify(join(__dirname, '../../src/serve.js'))});
    console.log(Object.keys(require.cache).filter((file) => /@opentelemetry.(?!api\\b)/.test(file)).length)`;

  expect(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' })).toBe('0\n');
});
