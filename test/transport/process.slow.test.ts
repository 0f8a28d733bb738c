import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildInfo } from '../../src/build-info';
import { type RunningProcess, startServerProcess } from '../process/server-process';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

const program = join(__dirname, '../../src/main.js');

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the server with settings that it cannot start with. */
function start(settings: Record<string, string>): Promise<Ended> {
  const env = { PATH: process.env.PATH, PORT: '0', ...settings };
  return new Promise((resolve) => {
    execFile(process.execPath, [program], { env, timeout: 15_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conversations-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a server that cannot start says why in one line and exits with 1', () => {
  async function whyNot(settings: Record<string, string>): Promise<string> {
    const { code, stderr } = await start(settings);
    expect(code).toBe(1);
    expect(stderr).not.toMatch(/\n\s+at /);
    return stderr.trimEnd();
  }

  it('where the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;

    const why = await whyNot({ PORT: String(port), DATA_DIR: folder });
    await new Promise<Server>((resolve) => other.close(() => resolve(other)));

    expect(why).toBe(
      `HOST=127.0.0.1 PORT=${port}: another program already listens there; PORT=0 takes a free port.`,
    );
  });

  it('where the host is not this machine', async () => {
    expect(await whyNot({ HOST: '192.0.2.1', AUTH: 'none', DATA_DIR: folder })).toBe(
      'HOST=192.0.2.1: this machine has no such address.',
    );
  });

  it('where other machines could reach it and nobody has to say who they are', async () => {
    expect(await whyNot({ HOST: '0.0.0.0', DATA_DIR: folder })).toBe(
      'HOST="0.0.0.0" is reachable from other machines: set AUTH to jwt or keys, or to none to let everyone do everything',
    );
  });

  it('where the data folder is in use', async () => {
    const first = await startServerProcess({ MONGODB_URI: undefined, DATA_DIR: folder });

    const why = await whyNot({ DATA_DIR: folder });
    await first.stop();

    expect(why).toContain(folder);
    expect(why).toMatch(/^[^\n]*in use[^\n]*$/);
  });

  (existsSync('/proc/self') ? it : it.skip)('where the system lets nobody make the data folder', async () => {
    expect(await whyNot({ DATA_DIR: '/proc/none/data' })).toMatch(
      /^the data folder \/proc\/none\/data cannot be made: [^\n]+$/,
    );
  });

  it('where the data folder is a file', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');

    expect(await whyNot({ DATA_DIR: file })).toMatch(/^[^\n]*file[^\n]*$/);
  });

  (process.getuid?.() === 0 ? it.skip : it)('where the data folder cannot be written', async () => {
    await chmod(folder, 0o500);

    expect(await whyNot({ DATA_DIR: join(folder, 'data') })).toMatch(/^[^\n]+$/);
  });

  it('where MONGODB_URI does not answer, after a few tries', async () => {
    const uri = 'mongodb://user:secret@127.0.0.1:1/';
    const { code, stdout, stderr } = await start({ MONGODB_URI: uri, REQUEST_TIMEOUT_MS: '200' });

    expect(code).toBe(1);
    expect(stderr).toMatch(/^MONGODB_URI mongodb:\/\/\*\*\*@127.0.0.1:1\/ cannot be used: [^\n]+\n$/);
    expect(stdout.match(/trying again/g)).toHaveLength(2);
    expect(stdout + stderr).not.toContain('secret');
  });

  it('where settings break the rules: all of them at once', async () => {
    const why = await whyNot({ PORT: '70000', LOG_LEVEL: 'loud', MAX_BODY_BYTES: 'many' });

    expect(why.split('\n')).toHaveLength(4);
    for (const setting of ['PORT="70000"', 'LOG_LEVEL="loud"', 'MAX_BODY_BYTES="many"'])
      expect(why).toContain(setting);
  });
});

describe('a running server', () => {
  let database: TestDatabase;
  let server: RunningProcess;

  beforeEach(async () => {
    database = await createTestDatabase();
    server = await startServerProcess({ ...database.settings, SHUTDOWN_TIMEOUT_MS: '1000' });
  });

  afterEach(async () => {
    await server.kill();
    await database.remove();
  });

  async function ask(query: string): Promise<Response> {
    return fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
  }

  it('says where it listens and which database it uses, in lines of JSON where nobody looks', () => {
    const line =
      server
        .output()
        .split('\n')
        .find((text) => text.includes('listening')) ?? '';

    expect(JSON.parse(line)).toMatchObject({
      url: server.url,
      database: expect.stringMatching(/embedded engine in|MongoDB/),
    });
  });

  it('is live, and ready while its database answers', async () => {
    expect(buildInfo.version).toMatch(/^\d+\.\d+\.\d+/);
    for (const [path, body] of [
      ['/health/live', { status: 'live', ...buildInfo }],
      ['/health/ready', { status: 'ready' }],
    ] as const) {
      const response = await fetch(new URL(path, server.url));

      expect([response.status, await response.json()]).toEqual([200, body]);
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes what is in flight on %s and exits with 0',
    async (signal) => {
      const create = (id: number) =>
        ask(`mutation { createSession(input: {sessionId: "s${id}", language: "en"}) { created } }`);
      await create(0);
      const answers = Array.from({ length: 50 }, (_, id) => create(id + 1));
      await answers[0];
      const stopped = server.stop(signal);

      const outcomes = await Promise.allSettled(answers);
      const statuses = await Promise.all(
        outcomes.map(async (outcome) => {
          if (outcome.status === 'rejected') return 'not accepted any more';
          const { data, errors } = (await outcome.value.json()) as Answer;
          return data ? 'created' : errors?.[0]?.extensions.code;
        }),
      );

      expect(await stopped).toBe(0);
      expect(statuses).toContain('created');
      // What came too late is told so, or finds nobody listening; nothing that was let in is dropped or fails.
      expect(statuses.filter((status) => !allowed.has(String(status)))).toEqual([]);
      expect(server.output()).not.toContain('"level":50');
    },
  );

  it('still serves for SHUTDOWN_DELAY_MS after it has stopped being ready, on connections that end', async () => {
    const other = await createTestDatabase();
    const draining = await startServerProcess({ ...other.settings, SHUTDOWN_DELAY_MS: '4000' });
    try {
      const at = (path: string) => fetch(new URL(path, draining.url));
      expect((await at('/health/ready')).status).toBe(200);
      const stopped = draining.stop();
      while (!draining.output().includes('"stopping"'))
        await new Promise((resolve) => setTimeout(resolve, 5));

      const ready = await at('/health/ready');
      const answer = await fetch(draining.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ session(sessionId: "none") { status } }' }),
      });

      expect([ready.status, await ready.json()]).toEqual([503, { status: 'stopping' }]);
      expect(await answer.json()).toEqual({ data: { session: null } });
      expect(answer.headers.get('connection')).toBe('close');
      expect(await stopped).toBe(0);
    } finally {
      await draining.kill();
      await other.remove();
    }
  });

  it('does not wait for ever for a client that never finishes its request', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{',
    );
    await new Promise((resolve) => setTimeout(resolve, 200));

    const started = performance.now();

    expect(await server.stop()).toBe(0);
    expect(performance.now() - started).toBeLessThan(5000);
    socket.destroy();
  });
});

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions: { readonly code: unknown } }[];
}

const allowed = new Set(['created', 'SERVICE_UNAVAILABLE', 'not accepted any more']);
