import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProcess, startServerProcess } from '../process/server-process';
import { required, SessionClient } from '../process/session-client';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

const program = join(__dirname, '../../src/main.js');

let database: TestDatabase;
let server: RunningProcess;

async function start(settings: Record<string, string> = {}): Promise<void> {
  database = await createTestDatabase();
  server = await startServerProcess({ ...database.settings, WORKERS: '2', METRICS: 'on', ...settings });
}

afterEach(async () => {
  await server.kill();
  await database.remove();
}, 30_000);

/** The process ids of the server's workers, as Linux knows them. */
function workerIds(): number[] {
  const text = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** A stream of the session's events over a connection of its own. */
async function subscribe(sessionId: string) {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: `subscription { eventAdded(sessionId: "${sessionId}") { eventId } }` }),
  });
  let text = '';
  const ended = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) text += decoder.decode(chunk as Uint8Array);
  })().catch(() => undefined);
  return { ended, until: (part: string) => until(() => text.includes(part)) };
}

function lines(): Record<string, unknown>[] {
  const text = server.output().split('\n').filter(Boolean);
  return text.map((line) => JSON.parse(line) as Record<string, unknown>);
}

function metric(text: string, series: string): number {
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')
      .at(-1) ?? 0,
  );
}

describe('several workers', () => {
  it('are one server: one port, one readiness, one log, one set of metrics, one stop', async () => {
    await start({ LOG_REQUESTS: 'on' });
    // Each client has a connection of its own, and connections go to the workers in turn.
    const clients = Array.from({ length: 8 }, () => new SessionClient(server.url));
    await Promise.all(clients.map((client) => client.createSession({ sessionId: 'shared', language: 'en' })));
    const results = await Promise.all(
      clients.map((client, index) =>
        client.addEvent({ sessionId: 'shared', eventId: `e${index}`, type: 'SYSTEM', payload: {} }),
      ),
    );
    const seen = await Promise.all(clients.map((client) => client.allEvents('shared')));
    for (const client of clients) client.close();

    expect(results.map((result) => required(result).created)).toEqual(Array(8).fill(true));
    for (const events of seen) expect(events.map(({ position }) => position).length).toBe(8);
    const served = new Set(lines().flatMap(({ msg, worker }) => (msg === 'request' ? [worker] : [])));
    expect([...served].toSorted()).toEqual([1, 2]);
    expect(lines().filter(({ msg }) => String(msg).startsWith('listening'))).toHaveLength(1);

    expect((await fetch(new URL('/health/ready', server.url))).status).toBe(200);
    const metrics = await (await fetch(new URL('/metrics', server.url))).text();
    expect(metric(metrics, 'conversation_workers')).toBe(2);
    expect(metric(metrics, 'conversation_events_written_total')).toBe(8);

    const workers = workerIds();
    expect(workers).toHaveLength(2);
    expect(await server.stop()).toBe(0);
    expect(workers.filter(isAlive)).toEqual([]);
    expect(lines().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  }, 60_000);

  it('tell subscribers of each what is written through any of them, and end their streams when they stop', async () => {
    await start();
    const writer = new SessionClient(server.url);
    required(await writer.createSession({ sessionId: 'live', language: 'en' }));
    // One after the other: connections go to the workers in turn.
    const streams = [await subscribe('live'), await subscribe('live'), await subscribe('live')];

    for (const eventId of ['first', 'second'])
      required(await writer.addEvent({ sessionId: 'live', eventId, type: 'SYSTEM', payload: {} }));

    for (const stream of streams) await stream.until('"eventId":"second"');
    writer.close();
    expect(await server.stop()).toBe(0);
    for (const stream of streams) await stream.ended;
  }, 60_000);

  it('have their metrics on METRICS_PORT together', async () => {
    await start({ METRICS_PORT: '0' });
    const url = lines().find(({ metricsUrl }) => metricsUrl)?.metricsUrl as string;

    expect(new URL(url).port).not.toBe(new URL(server.url).port);
    expect(metric(await (await fetch(url)).text(), 'conversation_workers')).toBe(2);
  }, 60_000);

  it('are replaced when they die, and nothing acknowledged is lost', async () => {
    await start();
    const client = new SessionClient(server.url);
    required(await client.createSession({ sessionId: 'kept', language: 'en' }));
    const [victim] = workerIds();

    process.kill(victim!, 'SIGKILL');
    await until(() => lines().some(({ msg }) => msg === 'a new worker has started'));

    const workers = workerIds();
    expect(workers).toHaveLength(2);
    expect(workers).not.toContain(victim);
    const other = new SessionClient(server.url);
    expect(required(await other.session('kept')).sessionId).toBe('kept');
    for (const each of [client, other]) each.close();
    expect(await server.stop()).toBe(0);
  }, 60_000);

  it('end by themselves when the process that started them is gone', async () => {
    await start();
    const workers = workerIds();

    await server.kill();

    await until(() => !workers.some(isAlive));
  }, 60_000);

  it('finish what is in flight when the server stops', async () => {
    await start();
    const client = new SessionClient(server.url);
    required(await client.createSession({ sessionId: 'busy', language: 'en' }));
    client.close();
    const clients = Array.from({ length: 20 }, () => new SessionClient(server.url));
    const answers = clients.map((each, index) =>
      each
        .addEvent({ sessionId: 'busy', eventId: `e${index}`, type: 'SYSTEM', payload: {} })
        .then(({ code }) => code ?? 'stored')
        .catch(() => 'not accepted any more'),
    );
    await answers[0];

    const code = await server.stop();

    expect(code).toBe(0);
    const allowed = ['stored', 'SERVICE_UNAVAILABLE', 'not accepted any more'];
    for (const answer of await Promise.all(answers)) expect(allowed).toContain(answer);
    expect(await answers[0]).toBe('stored');
    for (const each of clients) each.close();
  }, 60_000);
});

it('a worker that cannot start is the failure of the whole, with its message', async () => {
  const settings = { MONGODB_URI: 'mongodb://user:secret@127.0.0.1:1/', REQUEST_TIMEOUT_MS: '200' };
  const env = { PATH: process.env.PATH, PORT: '0', WORKERS: '2', ...settings };
  const ended = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, [program], { env, timeout: 40_000 }, (error, _stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    );
  });

  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/^MONGODB_URI mongodb:\/\/\*\*\*@127.0.0.1:1\/ cannot be used: [^\n]+\n$/);
}, 60_000);
