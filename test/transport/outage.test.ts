import { mkdtemp, rm } from 'node:fs/promises';
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

  it('events of several sessions, which are written in bulk, are told so before their time is up', async () => {
    const log = new CapturedLog();
    const { app, client } = await startOn(database, log, { REQUEST_TIMEOUT_MS: '15000' });
    try {
      await database.kill();

      const answers = await Promise.all([client.send(addEvent('s')), client.send(addEvent('t'))]);

      for (const { errors } of answers)
        expect(errors?.[0]).toMatchObject({
          message: 'The database is not available. Try again.',
          extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true },
        });
    } finally {
      await app.close();
    }
    expect(log.takeErrors()).toEqual([]);
  });
});

/** A server on `database` that has done its first write. */
async function startOn(database: RunningProcess, log: CapturedLog, settings: Record<string, string>) {
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
