import { request } from 'node:http';
import { newSession } from '../api/conversation';
import { useTestApp } from '../support/test-app';
import { RawSocket } from './raw-socket';

const server = useTestApp({ CONNECTION_INIT_TIMEOUT_MS: '500', MAX_OPERATIONS_PER_CONNECTION: '5' });
const url = () => server.app.url;

describe('the protocol of a WebSocket', () => {
  it('acknowledges a connection once', async () => {
    const socket = await RawSocket.initialised(url());
    socket.send({ type: 'connection_init' });

    expect(await socket.closed()).toEqual([4429, 'Too many initialisation requests']);
  });

  it('closes a connection that does not begin in time', async () => {
    const socket = await RawSocket.open(url());

    expect(await socket.closed()).toEqual([4408, 'Connection initialisation timeout']);
  });

  it('closes a connection that subscribes before it is acknowledged', async () => {
    const socket = await RawSocket.open(url());
    socket.subscribe('1', '{ __typename }');

    expect(await socket.closed()).toEqual([4401, 'Unauthorized']);
  });

  it.each([
    ['is not JSON', '{'],
    ['is no object', '"connection_init"'],
    ['has no type', {}],
    ['has an unknown type', { type: 'start' }],
    ['is one that only servers send', { id: '1', type: 'complete-not' }],
    ['is a result', { id: '1', type: 'next', payload: {} }],
    ['subscribes without an id', { type: 'subscribe', payload: { query: '{ __typename }' } }],
    ['subscribes with an empty id', { id: '', type: 'subscribe', payload: { query: '{ __typename }' } }],
    ['subscribes without a query', { id: '1', type: 'subscribe', payload: {} }],
    [
      'subscribes with variables that are no object',
      { id: '1', type: 'subscribe', payload: { query: '{ a }', variables: '1' } },
    ],
  ])('closes a connection whose message %s', async (_what, message) => {
    const socket = await RawSocket.initialised(url());
    socket.send(message);

    expect(await socket.closed()).toEqual([4400, 'Invalid message received']);
  });

  it('closes a connection that gives two operations one id', async () => {
    const sessionId = await newSession(server.app);
    const socket = await RawSocket.initialised(url());
    socket.subscribe('1', `subscription { sessionChanged(sessionId: "${sessionId}") { status } }`);
    socket.subscribe('1', `subscription { sessionChanged(sessionId: "${sessionId}") { status } }`);

    expect(await socket.closed()).toEqual([4409, 'Subscriber for 1 already exists']);
  });

  it('takes an id again when its operation has been completed', async () => {
    const sessionId = await newSession(server.app);
    const socket = await RawSocket.initialised(url());
    for (let index = 0; index < 20; index += 1) {
      socket.subscribe('1', `subscription { sessionChanged(sessionId: "${sessionId}") { status } }`);
      await socket.next('next', '1');
      socket.send({ id: '1', type: 'complete' });
    }
    socket.subscribe('2', '{ __typename }');

    expect(await socket.next('next', '2')).toMatchObject({ payload: { data: { __typename: 'Query' } } });
    expect(await socket.next('complete', '2')).toEqual({ id: '2', type: 'complete' });
    socket.terminate();
  });

  it('answers a ping before and after the connection is acknowledged, with its payload', async () => {
    const socket = await RawSocket.open(url());
    socket.send({ type: 'ping', payload: { n: 1 } });
    expect(await socket.next('pong')).toEqual({ type: 'pong', payload: { n: 1 } });
    socket.send({ type: 'connection_init' });
    await socket.next('connection_ack');
    socket.send({ type: 'ping' });

    expect(await socket.next('pong')).toEqual({ type: 'pong' });
    socket.terminate();
  });

  it('closes a connection that speaks another protocol', async () => {
    const socket = await RawSocket.open(url(), 'graphql-ws').catch(() => null);

    // The client finds out before the server does: what it asked for is not what it was given.
    expect(socket).toBeNull();
  });

  it('closes a connection whose message is too large', async () => {
    const socket = await RawSocket.initialised(url());
    socket.send({ type: 'ping', payload: { text: 'x'.repeat(2 * 1024 * 1024) } });

    expect((await socket.closed())[0]).toBe(1009);
  });

  it('refuses an operation that is one too many, and goes on with the others', async () => {
    const sessionId = await newSession(server.app);
    const socket = await RawSocket.initialised(url());
    for (let index = 1; index <= 6; index += 1)
      socket.subscribe(
        String(index),
        `subscription { sessionChanged(sessionId: "${sessionId}") { status } }`,
      );

    expect(await socket.next('error')).toMatchObject({
      id: '6',
      payload: [{ extensions: { code: 'RATE_LIMITED', retryable: true } }],
    });
    for (let index = 1; index <= 5; index += 1) await socket.next('next', String(index));
    socket.send({ id: '1', type: 'complete' });
    socket.subscribe('7', `subscription { sessionChanged(sessionId: "${sessionId}") { status } }`);
    await socket.next('next', '7');
    socket.terminate();
  });

  it('answers what is not valid with all of its errors', async () => {
    const socket = await RawSocket.initialised(url());
    socket.subscribe('1', '{ one two }');

    expect(await socket.next('error', '1')).toMatchObject({
      payload: [
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
        { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
      ],
    });
    socket.terminate();
  });
});

describe('a request to upgrade', () => {
  it('is refused at any other path', async () => {
    const socket = RawSocket.open(new URL('/other', url()).href);

    await expect(socket).rejects.toThrow();
  });

  it('to HTTP/2 is answered over HTTP/1.1, as if it had not been made', async () => {
    const body = JSON.stringify({ query: '{ __typename }', variables: { padding: 'x'.repeat(100_000) } });
    const headers = {
      'content-type': 'application/json',
      'content-length': String(body.length),
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
    };
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = request(url(), { method: 'POST', headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(text));
      });
      sent.on('error', reject);
      sent.end(body);
    });

    expect(JSON.parse(answer)).toEqual({ data: { __typename: 'Query' } });
  });
});
