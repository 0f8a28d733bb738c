import type { GraphQLFormattedError } from 'graphql';
import { newId } from '../api/conversation';
import { repeat } from '../hostile/attack';
import { useTestApp } from '../support/test-app';
import { RawSocket } from './raw-socket';

const server = useTestApp();
const createSession =
  'mutation ($i: CreateSessionInput!) { createSession(input: $i) { session { sessionId metadata } } }';
const addEvents = 'mutation ($i: AddEventsInput!) { addEvents(input: $i) { createdCount } }';
const addEvent = 'mutation ($i: AddEventInput!) { addEvent(input: $i) { created } }';

let socket: RawSocket;
beforeEach(async () => (socket = await RawSocket.initialised(server.app.url)));
afterEach(() => socket.terminate());

/** Sends JSON as it is: to build the object first would lose what is special about it. */
function subscribe(id: string, query: string, variables: string): void {
  socket.send(
    `{"id":${JSON.stringify(id)},"type":"subscribe","payload":{"query":${JSON.stringify(query)},"variables":${variables}}}`,
  );
}

async function errorsOf(query: string, variables: string): Promise<readonly GraphQLFormattedError[]> {
  subscribe('1', query, variables);
  const { payload } = await socket.next('error', '1');
  return payload as readonly GraphQLFormattedError[];
}

/** Whether the connection still answers. */
async function expectAlive(): Promise<void> {
  subscribe('alive', '{ __typename }', '{}');
  expect(await socket.next('next', 'alive')).toMatchObject({ payload: { data: { __typename: 'Query' } } });
}

describe('a message is refused with its connection', () => {
  it.each([
    [
      'has too many values',
      () => `{"i":{"events":[${'{},'.repeat(300_000)}{}]}}`,
      'The message has more than 300000 values and keys. Send less at a time.',
    ],
    [
      'nests too deep',
      () => `{"i":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      'The message nests more than 10000 levels deep.',
    ],
  ])('where it %s', async (_what, variables, reason) => {
    subscribe('1', addEvents, variables());

    expect(await socket.closed()).toEqual([4400, reason]);
  });

  it('where what it opens the connection with is large', async () => {
    const opening = await RawSocket.open(server.app.url);
    opening.send(JSON.stringify({ type: 'connection_init', payload: { junk: 'x'.repeat(20_000) } }));

    expect(await opening.closed()).toEqual([4400, 'connection_init has more than 16384 bytes']);
  });

  it('before anything behind it is looked at', async () => {
    const sessionId = newId();
    subscribe('1', addEvents, `{"i":{"events":[${'{},'.repeat(300_000)}{}]}}`);
    subscribe('2', createSession, JSON.stringify({ i: { sessionId, language: 'en' } }));
    await socket.closed();

    expect(await server.app.send(`{ session(sessionId: "${sessionId}") { id } }`)).toEqual({
      data: { session: null },
    });
  });

  it('where it is no UTF-8', async () => {
    const bytes = Buffer.from('{"id":"1","type":"subscribe","payload":{"query":"{ a }"}}\xff', 'latin1');
    socket.socket.send(bytes, { binary: true });
    expect(await socket.closed()).toEqual([4400, 'The message is not valid UTF-8.']);

    const other = await RawSocket.initialised(server.app.url);
    other.socket.send(bytes, { binary: false });
    expect((await other.closed())[0]).toBe(1007);
  });
});

describe('an operation is refused alone', () => {
  it('where an id of it is a number that JSON does not keep', async () => {
    const errors = await errorsOf(
      'query ($id: ID!) { session(sessionId: $id) { id } }',
      '{"id":9007199254740993}',
    );

    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'id' } }]);
    await expectAlive();
  });

  it('where its payload nests too deep', async () => {
    const deep = `${'{"a":'.repeat(15_000)}1${'}'.repeat(15_000)}`;
    subscribe('1', addEvent, `{"i":{"sessionId":"s","eventId":"e","type":"SYSTEM","payload":${deep}}}`);

    expect(await socket.next('next', '1')).toMatchObject({
      payload: { errors: [{ extensions: { code: 'BAD_USER_INPUT', argument: 'input.payload' } }] },
    });
    await expectAlive();
  });

  it('with as many errors as over HTTP', async () => {
    const errors = await errorsOf(addEvents, `{"i":{"events":[${'{},'.repeat(99)}{}]}}`);

    expect(errors).toHaveLength(50);
    expect(errors.at(-1)?.message).toBe('There are 351 more errors in the variables.');
  });

  it.each([
    ['has too many bytes', () => `{ ${'_'.repeat(200_000)} }`],
    ['has too many tokens', () => `{ ${'a '.repeat(5_000)} }`],
    ['has too many aliases', () => `{ ${repeat(200, (n) => `a${n}: __typename`, ' ')} }`],
    ['nests too deep', () => `${'{ a '.repeat(2_000)}${'}'.repeat(2_000)}`],
  ])('where its text %s', async (_what, text) => {
    expect(await errorsOf(text(), '{}')).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }]);
    await expectAlive();
  });

  it('where it is a subscription, which stays, and large', async () => {
    const query = 'subscription ($id: ID!) { sessionChanged(sessionId: $id) { status } }';

    expect(await errorsOf(query, JSON.stringify({ id: 's', junk: 'x'.repeat(20_000) }))).toMatchObject([
      { extensions: { code: 'QUERY_TOO_COMPLEX', limit: 16_384 } },
    ]);
    await expectAlive();
  });

  it('where its own id is long', async () => {
    const id = 'x'.repeat(129);
    subscribe(id, '{ __typename }', '{}');

    expect(await socket.next('error', id)).toMatchObject({
      payload: [{ extensions: { code: 'BAD_REQUEST' } }],
    });
    await expectAlive();
  });
});

describe('a message is taken as it is', () => {
  it('with a variable called __proto__', async () => {
    const sessionId = newId();
    const query = `mutation ($__proto__: JSONObject!) {
      createSession(input: { sessionId: "${sessionId}", language: "en", metadata: $__proto__ }) { session { metadata } }
    }`;
    subscribe('1', query, '{"__proto__":{"a":1,"__proto__":{"b":2}}}');

    const { payload } = await socket.next('next', '1');
    expect(JSON.stringify(payload)).toBe(
      '{"data":{"createSession":{"session":{"metadata":{"a":1,"__proto__":{"b":2}}}}}}',
    );
  });

  it.each(['__proto__', 'constructor', 'toString'])('with the id %s', async (id) => {
    subscribe(id, '{ __typename }', '{}');

    expect(await socket.next('next', id)).toMatchObject({ payload: { data: { __typename: 'Query' } } });
    expect(await socket.next('complete', id)).toEqual({ id, type: 'complete' });
  });

  it('where it begins a connection with __proto__', async () => {
    const other = await RawSocket.open(server.app.url);
    other.send('{"type":"connection_init","payload":{"__proto__":{"authorization":"Bearer x"}}}');

    await other.next('connection_ack');
    other.terminate();
  });

  it('in its turn, also behind a large one', async () => {
    const metadata = JSON.stringify({ a: Array(10).fill('x'.repeat(1_000)) });
    const padding = ' '.repeat(200_000);
    const sessionId = newId();
    const input = `{"i":{"sessionId":"${sessionId}","language":"en","metadata":${metadata}${padding}}}`;
    const looking = `{ session(sessionId: "${sessionId}") { status } }`;
    subscribe('1', createSession, input);
    await socket.next('complete', '1');

    subscribe('1', looking, `{${padding}}`);
    socket.send({ id: '1', type: 'complete' });
    subscribe('1', looking, `{${padding}}`);
    socket.send({ type: 'ping', payload: { last: true } });

    expect(await socket.next('pong')).toEqual({ type: 'pong', payload: { last: true } });
    await socket.next('next', '1');
    await expectAlive();
  });
});
