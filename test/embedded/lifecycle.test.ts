import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
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

async function writeFormat(version: number): Promise<void> {
  const root = open({ path: folder, maxDbs: 3 });
  const catalog = root.openDB<Buffer, Buffer>({ name: 'catalog', encoding: 'binary', keyEncoding: 'binary' });
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(version);
  await catalog.put(Buffer.from('!format'), bytes);
  await root.close();
}

describe('in the process of its host', () => {
  it('finds all data again after it was closed, and may be closed twice', async () => {
    const first = await start(folder);
    await use(first.uri, (client) => client.db('a').collection('c').insertOne({ text: 'kept' }));
    await first.close();
    await first.close();

    const second = await start(folder);
    const found = await use(second.uri, (client) => client.db('a').collection('c').findOne({}));
    await second.close();

    expect(found).toMatchObject({ text: 'kept' });
  });

  it('makes its folder, for this user alone', async () => {
    const path = join(folder, 'deep', 'data');
    const mongo = await start(path);
    const modes = [path, join(path, 'mongo.sock')].map((each) => statSync(each).mode & 0o777);
    await mongo.close();

    expect(modes).toEqual([0o700, 0o700]);
  });

  it('takes a folder whose path is too long for a socket', async () => {
    const path = join(folder, 'long-'.repeat(40));
    const mongo = await start(path);
    const answer = await use(mongo.uri, (client) => client.db('a').command({ ping: 1 }));
    await mongo.close();

    expect(answer).toEqual({ ok: 1 });
  });

  it('refuses a folder that it has open already', async () => {
    await start(folder);
    const second = start(folder);

    await expect(second).rejects.toThrow(`is in use by the process with id ${process.pid}`);
  });

  it('refuses a path where no folder can be', async () => {
    writeFileSync(join(folder, 'file'), '');

    await expect(start(join(folder, 'file'))).rejects.toThrow('a file is in its place');
    await expect(start(join(folder, 'file'))).rejects.toThrow(EmbeddedMongoStartError);
  });

  it('refuses data of a newer format, and leaves it as it is', async () => {
    await (await start(folder)).close();
    await writeFormat(3);

    await expect(start(folder)).rejects.toThrow(/format version 3; .* newer program/);
    await writeFormat(2);
    await start(folder);
  });

  it('answers what is running before it closes', async () => {
    const mongo = await start(folder);
    // Not the driver: what it says in farewell to an engine that has gone may wait forever.
    const raw = await RawConnection.open(mongo.uri);
    await raw.ask(opMsg({ ping: 1, $db: 'a' }));
    // Enough of them that it still runs when the engine is asked to close.
    const documents = Array.from({ length: 20_000 }, (_, _id) => ({ _id }));
    const answer = raw.ask(opMsg({ insert: 'c', documents, $db: 'a' }));
    await untilBusy(await RawConnection.open(mongo.uri));
    await mongo.close();

    expect(await answer).toEqual({ n: documents.length, ok: 1 });
  });
});

/** Resolves when the engine has let a ping wait: from then on it is at work on what was sent before. */
async function untilBusy(connection: RawConnection): Promise<void> {
  for (let waited = 0; waited < 20;) {
    const asked = performance.now();
    await connection.ask(opMsg({ ping: 1, $db: 'a' }));
    waited = performance.now() - asked;
  }
}

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

    const errors = `the data folder ${folder} is in use by the process with id ${holder.pid}\n`;
    expect(second).toEqual({ exitCode: 1, output: '', errors });
    await holder.stop('SIGKILL');
    const next = runOn(folder);
    await next.uri();
    expect(await next.stop('SIGINT')).toMatchObject({ exitCode: 0 });
  });

  it('takes over the lock of a dead process whose id another process has got', async () => {
    const holder = { pid: process.pid, startTime: 'long ago', token: 'another' };
    writeFileSync(join(folder, 'engine.lock'), JSON.stringify(holder));
    const mongo = await start(folder);
    const lock = JSON.parse(readFileSync(join(folder, 'engine.lock'), 'utf8'));
    await mongo.close();

    expect(lock).toMatchObject({ pid: process.pid, startTime: expect.stringMatching(/\d/) });
  });

  it('lets only one of many that start at once have a stale folder', async () => {
    writeFileSync(join(folder, 'engine.lock'), JSON.stringify({ pid: 0, startTime: '', token: '' }));
    const starts = await Promise.allSettled(Array.from({ length: 5 }, () => start(folder)));
    const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    await Promise.all(started.map((mongo) => mongo.close()));

    expect(started).toHaveLength(1);
  });

  it('tells in one line that its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const outcome = await run(['--port', `${port}`, '--data-dir', folder]).outcome;
    server.close();

    const errors = `port ${port} of 127.0.0.1 is taken by another program\n`;
    expect(outcome).toEqual({ exitCode: 1, output: '', errors });
  });

  it.each([
    [['--port', 'many'], '--port takes a number from 0 to 65535, not "many"\n'],
    [['--prot', '1'], "Unknown option '--prot'; --help shows what there is\n"],
  ])('refuses %j in one line', async (args, errors) => {
    expect(await run(args).outcome).toEqual({ exitCode: 1, output: '', errors });
  });

  it('shows what it takes', async () => {
    const shown = { exitCode: 0, output: expect.stringContaining('--data-dir') };
    expect(await run(['--help']).outcome).toMatchObject(shown);
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
