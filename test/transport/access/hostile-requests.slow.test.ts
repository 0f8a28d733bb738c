import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { type RunningProcess, startServerProcess } from '../../process/server-process';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';
import { type HostileRequest, HostileRequests } from './hostile-requests';

const requests = 10_000;
const atOnce = 8;
const MiB = 1024 * 1024;

let database: TestDatabase;
let server: RunningProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServerProcess({ ...database.settings, LOG_FORMAT: 'json', METRICS: 'on' });
}, 60_000);

afterAll(async () => {
  await server.stop();
  await database.remove();
});

/** The last is a HEAD that is no HTTP: its refusal has a body, because nobody knows what it was. */
const cutOff = ['ECONNRESET', 'EPIPE', 'HPE_CLOSED_CONNECTION'];

/** The status of the answer; null where the server has closed the connection, as it may on what is no HTTP. */
function send(agent: Agent, { method, path, headers, body }: HostileRequest): Promise<number | null> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers, agent }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', () => resolve(null));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (cutOff.includes(error.code ?? '')) resolve(null);
      else reject(new Error(`${error.message}: ${method} ${path}`, { cause: error }));
    });
    sent.setTimeout(30_000, () => reject(new Error(`no answer to ${method} ${path}`)));
    sent.end(body);
  });
}

/** Bytes that are no HTTP, or only begin like it. */
function sendBytes(bytes: Buffer): Promise<void> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    socket.resume();
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

/** What the process holds in memory, in bytes; null where the system does not tell. */
function residentBytes(): number | null {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

function isExpected(status: number): boolean {
  return (
    (status >= 200 && status < 300) || status === 304 || (status >= 400 && status < 500) || status === 503
  );
}

it(`answers ${requests} random and mutated requests without a fault, in bounded memory`, async () => {
  const hostile = new HostileRequests(20_261_126);
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const unexpected: unknown[] = [];
  let left = requests;
  let unanswered = 0;
  let warm: number | null = null;

  async function worker(): Promise<void> {
    while (left > 0) {
      left -= 1;
      if (left === requests / 2) warm = residentBytes();
      const next = hostile.next();
      const status = await send(agent, next);
      if (status === null) unanswered += 1;
      else if (!isExpected(status)) unexpected.push({ status, ...next, body: next.body?.toString('latin1') });
      if (left % 50 === 0) await sendBytes(next.body ?? Buffer.from('GET / HTTP/1.1\r\nhost: \r\n\r\n'));
    }
  }

  await Promise.all(Array.from({ length: atOnce }, worker));
  agent.destroy();

  expect(unexpected).toEqual([]);
  // Few requests are cut off rather than answered: those that are no HTTP.
  expect(unanswered).toBeLessThan(requests / 20);
  const grown = (residentBytes() ?? 0) - (warm ?? 0);
  expect(grown).toBeLessThan(150 * MiB);
  const health = await fetch(new URL('/health/ready', server.url));
  expect(await health.json()).toMatchObject({ status: 'ready' });
  const faults = server
    .output()
    .split('\n')
    .filter((line) => /"level":(50|60)/.test(line));
  expect(faults.slice(0, 3)).toEqual([]);
}, 600_000);
