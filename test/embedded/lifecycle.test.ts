import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { EngineProcess } from './engine-process';
import { opMsg, RawConnection } from './raw-connection';
import {
  type EmbeddedMongo,
  EmbeddedMongoStartError,
  startEmbeddedMongo,
} from '../../src/embedded/start-embedded-mongo';

let folder: string;
const running: (() => Promise<unknown>)[] = [];

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'engine-life-'))));
afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()));
  rmSync(folder, { recursive: true });
});

async function start(path: string): Promise<EmbeddedMongo> {
  const mongo = await startEmbeddedMongo({ path });
  running.push(() => mongo.close());
  return mongo;
}

function run(...args: Parameters<typeof EngineProcess.run>): EngineProcess {
  const engine = EngineProcess.run(...args);
  running.push(() => engine.stop('SIGKILL'));
  return engine;
}

function runOn(path: string, nodeArgs: string[] = []): EngineProcess {
  return run(['--port', '0', '--data-dir', path], { nodeArgs });
}

async function use<T>(uri: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000 });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

describe('in the process of its host', () => {
  it.each(['data', 'a path that is too long for a socket '.repeat(4)])(
    'makes its folder, for this user alone, and may be closed twice: %s',
    async (name) => {
      const path = join(folder, 'deep', name);
      const mongo = await start(path);
      expect(await use(mongo.uri, (client) => client.db('a').command({ ping: 1 }))).toEqual({ ok: 1 });
      const socket = decodeURIComponent(new URL(mongo.uri).host);
      expect([path, socket].map((each) => statSync(each).mode & 0o777)).toEqual([0o700, 0o700]);
      await mongo.close();
      await mongo.close();
    },
  );

  it('refuses a path where no folder can be', async () => {
    writeFileSync(join(folder, 'file'), '');
    const refused = start(join(folder, 'file'));
    await expect(refused).rejects.toBeInstanceOf(EmbeddedMongoStartError);
    await expect(refused).rejects.toThrow('a file is in its place');
  });

  it('answers what is running before it closes', async () => {
    const mongo = await start(folder);
    // Not the driver: what it says in farewell to an engine that has gone may wait forever.
    const [raw, other] = [await RawConnection.open(mongo.uri), await RawConnection.open(mongo.uri)];
    // Enough of them that it still runs when the engine is asked to close.
    const documents = Array.from({ length: 20_000 }, (_, _id) => ({ _id }));
    let isAnswered = false;
    const answer = raw.ask(opMsg({ insert: 'c', documents, $db: 'a' })).finally(() => (isAnswered = true));
    // Once it has let a ping wait, it is at work on them.
    for (let waited = 0; waited < 10 && !isAnswered;) {
      const asked = performance.now();
      await other.ask(opMsg({ ping: 1, $db: 'a' }));
      waited = performance.now() - asked;
    }
    await mongo.close();

    expect(await answer).toEqual({ n: documents.length, ok: 1 });
  });
});

describe('npm run database', () => {
  it('tells where it listens, and ends cleanly on SIGTERM', async () => {
    const engine = runOn(folder);
    const uri = await engine.uri();
    await use(uri, (client) => client.db('a').collection('c').insertOne({}));
    // Shells leave it out.
    await use(uri.replace('?directConnection=true', ''), (client) => client.db('a').command({ ping: 1 }));
    const { exitCode, output, errors } = await engine.stop('SIGTERM');

    expect(output).toMatch(/Stopped/);
    expect(uri).toMatch(/^mongodb:\/\/127\.0\.0\.1:\d+\/conversations\?directConnection=true$/);
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
  });

  it('refuses a folder that another process holds, and tells which, until that one is killed', async () => {
    const holder = runOn(folder);
    await holder.uri();
    const second = await runOn(folder).outcome;

    const errors = `the data folder ${folder} is in use by the process with id ${holder.pid}: stop it, or use another folder\n`;
    expect(second).toEqual({ exitCode: 1, output: '', errors });
    await holder.stop('SIGKILL');
    const next = runOn(folder);
    await next.uri();
    expect(await next.stop('SIGINT')).toMatchObject({ exitCode: 0 });
  });

  it('takes over the lock of a dead process whose id another process has got', async () => {
    const holder = { pid: process.pid, startTime: 'long ago', token: 'another' };
    writeFileSync(join(folder, 'engine.lock'), JSON.stringify(holder));
    await start(folder);
    const lock = JSON.parse(readFileSync(join(folder, 'engine.lock'), 'utf8'));
    expect(lock).toMatchObject({ pid: process.pid, startTime: expect.stringMatching(/\d/) });
  });

  it('lets only one of many that start at once have a stale folder', async () => {
    writeFileSync(join(folder, 'engine.lock'), JSON.stringify({ pid: 0, startTime: '', token: '' }));
    const starts = await Promise.allSettled(Array.from({ length: 5 }, () => start(folder)));
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('tells in one line that its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const outcome = await run(['--port', `${port}`, '--data-dir', folder]).outcome;
    server.close();
    expect(outcome.errors).toBe(`port ${port} of 127.0.0.1 is taken by another program\n`);
  });

  it.each([
    [['--port', 'many'], { exitCode: 1, errors: '--port takes a number from 0 to 65535, not "many"\n' }],
    [['--prot', '1'], { exitCode: 1, errors: "Unknown option '--prot'; --help shows what there is\n" }],
    [['--help'], { exitCode: 0, output: expect.stringContaining('--data-dir') }],
  ])('answers %j', async (args, outcome) => {
    expect(await run(args).outcome).toMatchObject(outcome);
  });

  it('tells its host when the worker fails', async () => {
    const script = join(folder, 'fail.cjs');
    mkdirSync(join(folder, 'data'));
    writeFileSync(
      script,
      `const fault = () => { if (require('node:fs').existsSync(${JSON.stringify(script)} + '.now')) throw new Error('a fault of the worker'); };
       if (!require('node:worker_threads').isMainThread) setInterval(fault, 50);`,
    );
    const engine = runOn(join(folder, 'data'), ['--require', script]);
    await engine.uri();
    writeFileSync(`${script}.now`, '');
    const { exitCode, errors } = await engine.outcome;

    expect([exitCode, errors]).toEqual([1, 'the database failed: Error: a fault of the worker\n']);
  });
});
