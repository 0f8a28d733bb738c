import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ResponseMemoryBudget } from '../../src/transport/response-memory-budget';
import { AddEventsDocument } from '../generated/operations';
import { newSession, speech } from '../api/conversation';
import { useTestApp } from '../support/test-app';

const test = useTestApp({ MAX_ANSWER_BYTES: String(16 * 1024 * 1024) });
const text = 'x'.repeat(250 * 1024);

/** A session whose first `count` events make a page of a quarter MiB each. */
async function largeSession(count: number): Promise<string> {
  const sessionId = await newSession(test.app);
  for (let from = 0; from < count; from += 50) {
    const events = Array.from({ length: Math.min(50, count - from) }, (_, index) =>
      speech(sessionId, `e${from + index}`, { payload: { text } }),
    );
    await test.app.execute(AddEventsDocument, { input: { events } });
  }
  return sessionId;
}

const page = (sessionId: string, size: number) =>
  `{ session(sessionId: "${sessionId}") { events(first: ${size}) { nodes { payload } } } }`;

/** A client that asks and then takes nothing of the answer but its first piece. */
async function askAndStall(query: string): Promise<Socket> {
  const { host, hostname, port } = new URL(test.app.url);
  const body = JSON.stringify({ query });
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await new Promise<void>((resolve) =>
    socket.once('data', () => {
      socket.pause();
      resolve();
    }),
  );
  return socket;
}

async function codeOf(query: string): Promise<unknown> {
  const { errors } = await test.app.send(query);
  return errors?.[0]?.extensions ?? 'answered';
}

const noRoom = { code: 'SERVICE_UNAVAILABLE', retryable: true };

it.each([
  ['of one reply of the database', 60],
  ['of several', 80],
])('a large answer %s that nobody takes leaves no room for others, until it is gone', async (_what, size) => {
  const sessionId = await largeSession(80);
  const query = page(sessionId, size);
  expect(await codeOf(query)).toBe('answered');
  const stalled = await askAndStall(query);

  expect(await codeOf(query)).toEqual(noRoom);
  expect(await codeOf(page(sessionId, 1))).toBe('answered');

  stalled.destroy();
  while ((await codeOf(query)) !== 'answered') await sleep(20);
});

it('one operation reads no more than the largest page has, however many pages it asks for', async () => {
  const sessionId = await largeSession(60);
  const pages = Array.from({ length: 12 }, (_, n) => `p${n}: events(first: ${60 - n}) { nodes { payload } }`);

  expect(await codeOf(`{ session(sessionId: "${sessionId}") { ${pages.join(' ')} } }`)).toEqual({
    code: 'QUERY_TOO_COMPLEX',
    retryable: false,
  });
});

describe('what an answer holds', () => {
  const large = 2 * 1024 * 1024;

  it('is given back by one that waits behind another on its connection, when that closes', async () => {
    const memory = new ResponseMemoryBudget(large);
    let ended!: () => void;
    const hasEnded = new Promise<void>((resolve) => (ended = resolve));
    const server = createServer((request, response) => {
      if (request.url === '/never') return;
      const share = memory.share();
      share.take(large);
      share.end(large, request, response);
      response.end('large');
      ended();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET /never HTTP/1.1\r\nhost: x\r\n\r\nGET /large HTTP/1.1\r\nhost: x\r\n\r\n');
    await hasEnded;
    expect(memory.hasRoom(large, 0)).toBe(false);

    socket.destroy();
    while (!memory.hasRoom(large, 0)) await sleep(10);
    await new Promise((resolve) => server.close(resolve));
  });

  it('grows no more once the answer is over', async () => {
    const memory = new ResponseMemoryBudget(large);
    const server = createServer((request, response) => {
      const share = memory.share();
      share.end(0, request, response);
      expect(() => share.take(large)).toThrow('This response has already ended.');
      response.end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);

    expect(memory.hasRoom(large, 0)).toBe(true);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('large reads', () => {
  const MiB = 1024 * 1024;

  /** A read of so much that ends when told to. */
  function startRead(memory: ResponseMemoryBudget, bytes: number) {
    const share = memory.share();
    let end!: () => void;
    const read = { share, hasBegun: false, end: () => end(), ended: Promise.resolve() };
    const mayEnd = new Promise<void>((resolve) => (end = resolve));
    read.ended = share.reading(async () => {
      read.hasBegun = true;
      await mayEnd;
      share.take(bytes);
    });
    return read;
  }

  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('run a few at a time before any was measured, in the order in which they came', async () => {
    const memory = new ResponseMemoryBudget(96 * MiB);
    const reads = Array.from({ length: 4 }, () => startRead(memory, 0));
    await turn();
    expect(reads.map(({ hasBegun }) => hasBegun)).toEqual([true, true, false, false]);

    reads[1]!.end();
    await reads[1]!.ended;
    await turn();
    expect(reads.map(({ hasBegun }) => hasBegun)).toEqual([true, true, true, false]);
  });

  it('run many at a time once they have proved to be small', async () => {
    const memory = new ResponseMemoryBudget(96 * MiB);
    for (let n = 0; n < 30; n += 1) await memory.share().reading(() => Promise.resolve());
    const reads = Array.from({ length: 20 }, () => startRead(memory, 0));
    await turn();

    expect(reads.every(({ hasBegun }) => hasBegun)).toBe(true);
  });

  it('run alone while large responses are in memory, and together again when these are gone', async () => {
    const memory = new ResponseMemoryBudget(96 * MiB);
    for (let n = 0; n < 30; n += 1) await memory.share().reading(() => Promise.resolve());
    const held = memory.share();
    held.take(40 * MiB);
    const reads = Array.from({ length: 3 }, () => startRead(memory, 0));
    await turn();
    expect(reads.map(({ hasBegun }) => hasBegun)).toEqual([true, false, false]);

    held.release();
    await turn();
    expect(reads.map(({ hasBegun }) => hasBegun)).toEqual([true, true, true]);
  });

  it('wait no longer for one that is slow', async () => {
    const memory = new ResponseMemoryBudget(48 * MiB);
    const [slow, next] = [startRead(memory, 0), startRead(memory, 0)];
    await turn();
    expect([slow.hasBegun, next.hasBegun]).toEqual([true, false]);
    await sleep(1200);

    expect(next.hasBegun).toBe(true);
    slow.end();
    await slow.ended;
  });

  it('let the next one run when one fails', async () => {
    const memory = new ResponseMemoryBudget(48 * MiB);
    const failing = memory.share().reading(() => Promise.reject(new Error('no database')));
    const next = startRead(memory, 0);
    await expect(failing).rejects.toThrow('no database');
    await turn();

    expect(next.hasBegun).toBe(true);
  });
});
