import { EventEmitter } from 'node:events';
import type { FastifyRequest } from 'fastify';
import { LargeBodies } from '../../src/transport/large-bodies';
import { useTestApp } from '../support/test-app';

const MiB = 1024 * 1024;

interface FakeSocket extends EventEmitter {
  destroyed: boolean;
}

/** What the turns of bodies see of a request. */
function fakeRequest(ip: unknown = '10.0.0.1'): FastifyRequest & { raw: { socket: FakeSocket } } {
  const socket = Object.assign(new EventEmitter(), { destroyed: false });
  return { ip, raw: { socket }, releaseBody: null } as unknown as ReturnType<typeof fakeRequest>;
}

/** Whether the turn has come, once everything that can run has run. */
async function hasCome(turn: Promise<void> | null): Promise<boolean> {
  let come = false;
  turn?.then(
    () => (come = true),
    () => undefined,
  );
  await new Promise((resolve) => setImmediate(resolve));
  return come;
}

describe('the turns of large bodies', () => {
  it('a small body has none', () => {
    expect(new LargeBodies(1000).enter(fakeRequest(), 128 * 1024)).toBeNull();
  });

  it('as many run at a time as are as large as one of the maximum size, the others in order', async () => {
    const bodies = new LargeBodies(1000);
    const requests = Array.from({ length: 4 }, () => fakeRequest());
    const turns = requests.map((request) => bodies.enter(request, 6 * MiB));

    expect(await Promise.all(turns.map(hasCome))).toEqual([true, true, false, false]);
    requests[1]!.releaseBody!();
    expect(await Promise.all(turns.map(hasCome))).toEqual([true, true, true, false]);
  });

  it('ends once, however often it is released', async () => {
    const bodies = new LargeBodies(1000);
    const requests = Array.from({ length: 3 }, () => fakeRequest());
    const turns = requests.map((request) => bodies.enter(request, 16 * MiB));
    await turns[0];
    requests[0]!.releaseBody!();
    requests[0]!.releaseBody!();

    expect(await Promise.all(turns.map(hasCome))).toEqual([true, true, false]);
  });

  it('ends when the client disconnects, before or after it begins', async () => {
    const bodies = new LargeBodies(1000);
    const requests = Array.from({ length: 3 }, () => fakeRequest());
    const turns = requests.map((request) => bodies.enter(request, 16 * MiB));
    await turns[0];
    requests[1]!.raw.socket.destroyed = true;
    expect(await hasCome(turns[2]!)).toBe(false);
    requests[0]!.raw.socket.emit('close');

    expect(await hasCome(turns[2]!)).toBe(true);
  });

  it('is taken in rotation by clients: many bodies of one do not delay the single one of another', async () => {
    const bodies = new LargeBodies(1000);
    const first = fakeRequest();
    await bodies.enter(first, 16 * MiB);
    const flood = Array.from({ length: 20 }, () => fakeRequest());
    for (const request of flood) bodies.enter(request, 16 * MiB)?.catch(() => undefined);
    const other = bodies.enter(fakeRequest('10.0.0.2'), 16 * MiB);
    first.releaseBody!();
    expect(await hasCome(other)).toBe(false);
    flood[0]!.releaseBody!();

    expect(await hasCome(other)).toBe(true);
  });

  it('lasts a second at most, however slow the operation', async () => {
    const bodies = new LargeBodies(5000);
    await bodies.enter(fakeRequest(), 16 * MiB);
    const since = Date.now();
    await bodies.enter(fakeRequest(), 16 * MiB);

    expect(Date.now() - since).toBeGreaterThan(900);
  });

  it('is not waited for longer than a request may take, and is passed on', async () => {
    const bodies = new LargeBodies(20);
    const [first, second, third] = [fakeRequest(), fakeRequest(), fakeRequest()];
    await bodies.enter(first, 16 * MiB);

    await expect(bodies.enter(second, 16 * MiB)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining('Too many large requests') as unknown,
    });
    first.releaseBody!();
    expect(await hasCome(bodies.enter(third, 16 * MiB))).toBe(true);
  });
});

describe('large requests', () => {
  const test = useTestApp({ REQUEST_TIMEOUT_MS: '5000' });
  const answered = { data: { __typename: 'Query' } };
  const large = ' '.repeat(15 * MiB);

  it('each ends its turn, whatever becomes of it', async () => {
    const send = async (path: string, body: string, headers = {}) => {
      const response = await test.app.fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: body + large,
      });
      await response.text();
      return response.status;
    };
    const query = '{"query":"{__typename}"}';
    const stream = { accept: 'text/event-stream' };

    // Were one turn never to end, all after it would be refused.
    expect(await send('/graphql', '{')).toBe(400);
    expect(await send('/graphql', '{"query":"{nothing}"}')).toBe(400);
    expect(await send('/graphql', '[]', stream)).toBe(400);
    expect(await send('/graphql', query, stream)).toBe(200);
    expect(await send('/graphql/stream', query)).toBe(200);
    expect(await send('/elsewhere', query)).toBe(404);
    expect(await Promise.all([send('/graphql', query), send('/graphql', query)])).toEqual([200, 200]);
    expect(await (await test.app.post(query + large)).json()).toEqual(answered);
  });
});
