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
    const settings = { MONGODB_URI: database.url, REQUEST_TIMEOUT_MS: '1000', READ_TIMEOUT_MS: '500' };
    const app = await startApp(readConfig({ PORT: '0', ...settings }), log);
    try {
      const client = new TestClient(app.url);
      expect(await client.send(operations[0])).toEqual({ data: { createSession: { created: true } } });

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
});

const operations = [
  'mutation { createSession(input: {sessionId: "s", language: "en"}) { created } }',
  'mutation { addEvent(input: {sessionId: "s", eventId: "e", type: SYSTEM, payload: {}}) { created } }',
  'mutation { completeSession(input: {sessionId: "s"}) { completed } }',
  '{ session(sessionId: "s") { status } }',
  '{ sessions { nodes { status } } }',
] as const;
