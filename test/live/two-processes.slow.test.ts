import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { type RunningProcess, startDatabaseProcess, startServerProcess } from '../process/server-process';
import { required, SessionClient } from '../process/session-client';
import { connectTo, followEvents, followSession, positionsOf, upTo } from './follower';

/** A database that two servers share: the one of MONGODB_URI, or an engine of this test's own. */
interface SharedDatabase {
  readonly settings: Record<string, string>;
  stop(): Promise<unknown>;
}

let database: SharedDatabase;
const servers: RunningProcess[] = [];

async function openDatabase(): Promise<SharedDatabase> {
  const name = `test_live_${process.pid}`;
  const { MONGODB_URI } = process.env;
  if (MONGODB_URI)
    return {
      settings: { MONGODB_URI, MONGODB_DATABASE: name },
      stop: async () => {
        const client = await MongoClient.connect(MONGODB_URI);
        await client.db(name).dropDatabase();
        await client.close();
      },
    };
  const folder = await mkdtemp(join(tmpdir(), 'conversations-live-'));
  const engine = await startDatabaseProcess(folder);
  return {
    settings: { MONGODB_URI: engine.url },
    stop: async () => {
      await engine.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startServer(): Promise<RunningProcess> {
  const server = await startServerProcess(database.settings);
  servers.push(server);
  return server;
}

beforeAll(async () => {
  database = await openDatabase();
}, 120_000);

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await database.stop();
}, 120_000);

function event(sessionId: string, index: number) {
  return { sessionId, eventId: `e${index}`, type: 'SYSTEM' as const, payload: { index } };
}

/** What is read up to and with `text`, or up to the end without one. */
async function readUntil(chunks: ReadableStreamDefaultReader<string>, text?: string): Promise<string> {
  let read = '';
  while (text === undefined || !read.includes(text)) {
    const { value, done } = await chunks.read();
    if (!done) read += value;
    else if (text === undefined) return read;
    else throw new Error(`it ended before ${text}: ${read}`);
  }
  return read;
}

describe('two servers on one database', () => {
  it('deliver each other’s events, once and in order, up to the end', async () => {
    const [one, other] = [await startServer(), await startServer()];
    const [near, far] = [new SessionClient(one.url), new SessionClient(other.url)];
    const sessionId = `two-${Date.now()}`;
    required(await near.createSession({ sessionId, language: 'en' }));
    const client = connectTo(one.url);
    const [follower, states] = [followEvents(client, sessionId, 0), followSession(client, sessionId)];

    for (let index = 1; index <= 60; index += 1)
      required(await (index % 3 === 0 ? near : far).addEvent(event(sessionId, index)));
    required(await far.completeSession(sessionId));

    expect(await follower.ended()).toBe('complete');
    expect(positionsOf(follower)).toEqual(upTo(60));
    await states.until(() => states.data.at(-1)!.sessionChanged.status === 'COMPLETED');
    await client.dispose();
    near.close();
    far.close();
  }, 120_000);

  it('take over from each other when one is killed: who goes on after the last position misses nothing', async () => {
    const [doomed, other] = [await startServer(), await startServer()];
    const writer = new SessionClient(other.url);
    const sessionId = `killed-${Date.now()}`;
    required(await writer.createSession({ sessionId, language: 'en' }));
    const client = connectTo(doomed.url);
    const before = followEvents(client, sessionId, 0);
    for (let index = 1; index <= 20; index += 1) required(await writer.addEvent(event(sessionId, index)));
    await before.length(5);

    await doomed.kill();
    expect(await before.ended()).toMatchObject({ code: 1006 });
    for (let index = 21; index <= 40; index += 1) required(await writer.addEvent(event(sessionId, index)));
    const next = connectTo(other.url);
    const after = followEvents(next, sessionId, positionsOf(before).length);
    required(await writer.completeSession(sessionId));

    expect(await after.ended()).toBe('complete');
    expect([...positionsOf(before), ...positionsOf(after)]).toEqual(upTo(40));
    await next.dispose();
    writer.close();
  }, 120_000);

  it('say goodbye with a code that clients come back after', async () => {
    const server = await startServer();
    const writer = new SessionClient(server.url);
    const sessionId = `stopped-${Date.now()}`;
    required(await writer.createSession({ sessionId, language: 'en' }));
    writer.close();
    const client = connectTo(server.url);
    const follower = followSession(client, sessionId);
    await follower.length(1);
    const body = JSON.stringify({
      query: `subscription { sessionChanged(sessionId: "${sessionId}") { status } }`,
    });
    const headers = { 'content-type': 'application/json' };
    const open = () => fetch(`${server.url}/stream`, { method: 'POST', headers, body });
    const stream = await open();
    const chunks = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    // The head of the answer comes before the operation has begun.
    const begun = await readUntil(chunks, '"status":"INITIATED"');
    // This one may be stopped before its first result.
    const early = await open();

    const started = Date.now();
    expect(await server.stop()).toBe(0);

    expect(Date.now() - started).toBeLessThan(15_000);
    expect(await follower.ended()).toMatchObject({ code: 1001 });
    expect(begun + (await readUntil(chunks))).not.toContain('event: complete');
    expect(await early.text()).not.toContain('event: complete');
  }, 120_000);
});
