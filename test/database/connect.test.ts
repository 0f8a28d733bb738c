import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect as connectSocket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { mongo } from 'mongoose';
import { readConfig } from '../../src/config';
import { openDatabase } from '../../src/database/database';
import { type EmbeddedMongo, startEmbeddedMongo } from '../../src/embedded/start-embedded-mongo';
import { CapturedLog } from '../support/captured-log';

// What a URI says is the same to every server: these need none in particular, and MONGODB_URI may ask for a password.
describe('MONGODB_URI', () => {
  let folder: string;
  let engine: EmbeddedMongo;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conversations-'));
    engine = await startEmbeddedMongo({ path: folder, port: 0 });
  });
  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = (uri: string, settings: Record<string, string> = {}) =>
    openDatabase(readConfig({ MONGODB_URI: uri, ...settings }), new CapturedLog());

  it.each([
    ['', {}, 'conversations'],
    ['calls', {}, 'calls'],
    ['calls', { MONGODB_DATABASE: 'others' }, 'others'],
  ])('names the database by its path %j, with %j', async (path, settings, name) => {
    const database = await open(new URL(path, engine.uri).href, settings);

    expect([database.connection.name, database.connection.db?.databaseName]).toEqual([name, name]);
    await database.close();
  });

  it('cannot weaken what is promised of reads and writes', async () => {
    const database = await open(`${engine.uri}&readConcernLevel=local&w=1&monitorCommands=true`);
    const sent: mongo.Document[] = [];
    database.connection.getClient().on('commandStarted', ({ command }) => sent.push(command));

    await database.connection.db!.collection('things').insertOne({});
    await database.connection.db!.collection('things').findOne();

    expect(sent).toMatchObject([
      { insert: 'things', writeConcern: { w: 'majority', j: true } },
      { find: 'things', readConcern: { level: 'majority' } },
    ]);
    await database.close();
  });

  it.each([
    ['?', 'admin.reader'],
    ['calls?', 'calls.reader'],
    ['calls?authSource=users&', 'users.reader'],
  ])('finds its user where MongoDB has it, whatever the database: %j', async (rest, user) => {
    const { port } = new URL(engine.uri);
    let heard = '';
    const proxy = createServer((client) => {
      const server = connectSocket(Number(port), '127.0.0.1');
      client.on('data', (bytes) => (heard += bytes.toString('latin1'))).pipe(server);
      server.pipe(client);
      for (const socket of [client, server]) socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;

    const uri = `mongodb://reader:secret@${address}/${rest}directConnection=true`;

    try {
      // The engine has no users: what matters is which one it is asked for.
      await expect(open(uri, { MONGODB_DATABASE: 'conversations' })).rejects.toThrow(
        /^MONGODB_URI .*\*\*\*@/,
      );
      expect(/saslSupportedMechs\0.{4}([\w.]+)/s.exec(heard)?.[1]).toBe(user);
    } finally {
      proxy.close();
    }
  });
});
