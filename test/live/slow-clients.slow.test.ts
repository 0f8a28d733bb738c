import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { newSession, speech } from '../api/conversation';
import { AddEventsDocument, CompleteSessionDocument } from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { RawSocket } from './raw-socket';

const server = useTestApp({ LIVE_CHECK_MS: '200', LIVE_STALL_TIMEOUT_MS: '1500' });

/** So much that no buffer of the network holds it: 64 MiB. */
const large = { text: 'x'.repeat(128 * 1024) };
const count = 512;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is in memory and still needed, in bytes. */
function heldBytes(): number {
  collectGarbage();
  const { external, heapUsed } = process.memoryUsage();
  return external + heapUsed;
}

/** A session with a lot to read, and a client that has asked for it. */
async function follow(): Promise<{ sessionId: string; socket: RawSocket }> {
  const sessionId = await newSession(server.app);
  for (let start = 0; start < count; start += 32) {
    const events = Array.from({ length: 32 }, (_, index) =>
      speech(sessionId, `e${start + index}`, { payload: large }),
    );
    await server.app.execute(AddEventsDocument, { input: { events } });
  }
  await server.app.execute(CompleteSessionDocument, { input: { sessionId } });
  const socket = await RawSocket.initialised(server.app.url);
  return { sessionId, socket };
}

function subscribe(socket: RawSocket, id: string, sessionId: string): void {
  const query =
    'subscription ($id: ID!) { eventAdded(sessionId: $id, afterPosition: 0) { position payload } }';
  socket.subscribe(id, query, { id: sessionId });
}

describe('a client that is slow', () => {
  it('holds the server’s memory to a few events, and gets everything in the end', async () => {
    const { sessionId, socket } = await follow();
    const before = heldBytes();
    socket.socket.pause();
    subscribe(socket, '1', sessionId);
    let received = 0;
    socket.socket.on('message', () => {
      received += 1;
      if (received % 40 === 0) socket.socket.pause();
    });
    await sleep(1_000);
    const grown = heldBytes() - before;
    // Slower than the server could send, and often enough not to be taken for gone.
    for (let pause = 0; pause < 8; pause += 1) {
      await sleep(300);
      socket.socket.resume();
    }
    const resuming = setInterval(() => socket.socket.resume(), 20);

    await socket.next('complete', '1').finally(() => clearInterval(resuming));
    const positions = socket.messages.map(({ payload }) => positionOf(payload));
    expect(positions).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect(received).toBe(count + 1);
    expect(grown).toBeLessThan(24 * 1024 * 1024);
    socket.terminate();
  }, 60_000);

  it('is cut off when it takes nothing at all, and the others are served meanwhile', async () => {
    const { sessionId, socket } = await follow();
    const other = await RawSocket.initialised(server.app.url);
    socket.socket.pause();
    for (let index = 0; index < 5; index += 1) subscribe(socket, `${index}`, sessionId);
    subscribe(other, '1', sessionId);

    await other.next('complete', '1');
    await sleep(4_000);
    socket.socket.resume();

    expect((await socket.closed())[0]).toBe(1006);
    other.terminate();
  }, 60_000);

  it('is cut off when it answers no ping', async () => {
    const socket = await RawSocket.open(server.app.url, 'graphql-transport-ws', { autoPong: false });
    socket.send({ type: 'connection_init' });
    await socket.next('connection_ack');

    expect((await socket.closed())[0]).toBe(1006);
  });

  it('of server-sent events is cut off when it takes nothing at all', async () => {
    const { sessionId, socket } = await follow();
    socket.terminate();
    const query = `subscription { eventAdded(sessionId: "${sessionId}", afterPosition: 0) { position payload } }`;
    const response = await server.app.fetch('/graphql/stream', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    await sleep(4_000);

    await expect(response.text()).rejects.toThrow();
  }, 60_000);
});

function positionOf(payload: unknown): number {
  return (payload as { data: { eventAdded: { position: number } } }).data.eventAdded.position;
}
