import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApp } from '../../src/app';
import { readConfig } from '../../src/config';
import { type RunningProcess, startDatabaseProcess } from '../process/server-process';
import { CapturedLog } from '../support/captured-log';
import { TestClient } from '../support/test-client';

describe('while the database is away', () => {
  let folder: string;
  let database: RunningProcess;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conversations-'));
    database = await startDatabaseProcess(folder);
  });

  afterEach(async () => {
    await database.kill();
    await rm(folder, { recursive: true, force: true });
  });

  it('the server is live, not ready, and asks clients to try again', async () => {
    const log = new CapturedLog();
    const { app, client } = await startOn(database, log, { REQUEST_TIMEOUT_MS: '1000' });
    try {
      await database.kill();

      expect((await client.fetch('/health/live')).status).toBe(200);
      const ready = await client.fetch('/health/ready');
      expect([ready.status, await ready.json()]).toEqual([503, { status: 'database unavailable' }]);
      for (const operation of [...operations, ...operations]) {
        const { errors } = await client.send(operation);
        expect(errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE', retryable: true });
      }
    } finally {
      await app.close();
    }
    expect(log.takeErrors()).toEqual([]);
  });

  it('nobody waits for it: who is waiting and who comes later is told within a second or two', async () => {
    const log = new CapturedLog();
    const { app, client } = await startOn(database, log, { REQUEST_TIMEOUT_MS: '30000' });
    try {
      const answer = async (operation: string) => {
        const started = performance.now();
        const { errors } = await client.send(operation);
        expect(errors?.[0]).toMatchObject({
          message: 'The database is unavailable. Try again.',
          extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true },
        });
        return performance.now() - started;
      };
      await database.kill();

      // A second, and what a busy machine takes on top of it.
      const first = await Promise.all(operations.map((operation) => answer(operation)));
      expect(Math.max(...first)).toBeLessThan(5_000);
      await knownToBeAway(log);
      const later = await Promise.all(operations.map((operation) => answer(operation)));
      expect(Math.max(...later)).toBeLessThan(1_000);
      expect(await client.send('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
    } finally {
      await app.close();
    }
    expect(log.takeErrors()).toEqual([]);
  });

  it('the server comes back by itself, soon after the database has', async () => {
    const log = new CapturedLog();
    const { app, client } = await startOn(database, log, {});
    try {
      const { port } = new URL(database.url);
      await database.kill();
      await knownToBeAway(log);
      database = await startDatabaseProcess(folder, Number(port));
      const back = performance.now();

      for (const operation of operations) {
        while ((await client.send(operation)).errors !== undefined)
          await new Promise((resolve) => setTimeout(resolve, 50));
      }

      expect(performance.now() - back).toBeLessThan(10_000);
      expect((await client.fetch('/health/ready')).status).toBe(200);
    } finally {
      await app.close();
    }
    expect(log.takeErrors()).toEqual([]);
  });

  it('one that holds its connections open and says nothing counts as away too', async () => {
    const log = new CapturedLog();
    const { app, client } = await startOn(database, log, { REQUEST_TIMEOUT_MS: '30000' });
    try {
      process.kill(database.pid, 'SIGSTOP');
      const started = performance.now();

      const answers = await Promise.all(operations.map((operation) => client.send(operation)));

      expect(performance.now() - started).toBeLessThan(10_000);
      for (const { errors } of answers) expect(errors?.[0]?.extensions?.code).toBe('SERVICE_UNAVAILABLE');
    } finally {
      process.kill(database.pid, 'SIGCONT');
      await app.close();
    }
    expect(log.takeErrors()).toEqual([]);
  });

  it('events of several sessions, which are written in bulk, are told so before their time is up', async () => {
    const log = new CapturedLog();
    const { app, client } = await startOn(database, log, { REQUEST_TIMEOUT_MS: '15000' });
    try {
      await database.kill();

      const answers = await Promise.all([client.send(addEvent('s')), client.send(addEvent('t'))]);

      for (const { errors } of answers)
        expect(errors?.[0]).toMatchObject({
          message: 'The database is unavailable. Try again.',
          extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true },
        });
    } finally {
      await app.close();
    }
    expect(log.takeErrors()).toEqual([]);
  });
});

it('a read whose connection breaks is answered on another one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'conversations-'));
  const database = await startDatabaseProcess(folder);
  const link = await openLink(new URL(database.url));
  const log = new CapturedLog();
  const { app, client } = await startOn({ url: link.url }, log, {});
  try {
    link.cutAtNextFind();

    expect(await client.send('{ session(sessionId: "s") { sessionId } }')).toEqual({
      data: { session: { sessionId: 's' } },
    });
    expect(link.cuts).toBe(1);
  } finally {
    await app.close();
    link.close();
    await database.kill();
    await rm(folder, { recursive: true, force: true });
  }
  expect(log.takeErrors()).toEqual([]);
});

/** Stands between a server and its database, and can cut the connection on which a find arrives. */
async function openLink(target: URL) {
  let armed = false;
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const drop = (): void => void [near, far].map((socket) => socket.destroy());
    for (const socket of [near, far]) sockets.add(socket.on('error', drop).on('close', drop));
    near.on('data', (chunk) => {
      if (armed && chunk.includes('find')) {
        armed = false;
        cuts += 1;
        drop();
      } else far.write(chunk);
    });
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    get cuts() {
      return cuts;
    },
    cutAtNextFind: () => void (armed = true),
    close(): void {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Resolves when the server has noticed, which it logs. */
async function knownToBeAway(log: CapturedLog): Promise<void> {
  while (!log.all().some(({ message }) => message.startsWith('the database is away')))
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** A server on `database` that has done its first write. */
async function startOn(
  database: Pick<RunningProcess, 'url'>,
  log: CapturedLog,
  settings: Record<string, string>,
) {
  const config = { PORT: '0', MONGODB_URI: database.url, READ_TIMEOUT_MS: '500', ...settings };
  const app = await startApp(readConfig(config), log);
  const client = new TestClient(app.url);
  expect(await client.send(operations[0])).toEqual({ data: { createSession: { created: true } } });
  return { app, client };
}

const addEvent = (sessionId: string) =>
  `mutation { addEvent(input: {sessionId: "${sessionId}", eventId: "e", type: SYSTEM, payload: {}}) { created } }`;

const operations = [
  'mutation { createSession(input: {sessionId: "s", language: "en"}) { created } }',
  addEvent('s'),
  'mutation { completeSession(input: {sessionId: "s"}) { completed } }',
  '{ session(sessionId: "s") { status } }',
  '{ sessions { nodes { status } } }',
] as const;
