import { BSON, type Document, type MongoClient } from 'mongodb';
import { frame, opMsg, opQuery, RawConnection, uint32 } from './raw-connection';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';

const PING = { ping: 1, $db: 'admin' };
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;

let engine: TemporaryEngine;
let witness: MongoClient;
let raw: RawConnection;

beforeAll(async () => {
  engine = await startTemporaryEngine({ stalledAfterMilliseconds: 1_000 });
  witness = await engine.connect();
});
beforeEach(async () => {
  raw = await RawConnection.open(engine.mongo.uri);
});
afterEach(async () => {
  raw.destroy();
  // Whatever happened to the connection at fault, everyone else is served.
  expect(await witness.db('admin').command({ ping: 1 })).toEqual({ ok: 1 });
});
afterAll(() => engine.close());

function withLength(message: Buffer, length: number): Buffer {
  message.writeInt32LE(length, 0);
  return message;
}

function nested(levels: number): Document {
  let document: Document = {};
  for (let level = 1; level < levels; level++) document = { a: document };
  return document;
}

/** A body whose one field has the given type and bytes. */
function bodyWith(type: number, ...value: number[]): Buffer {
  const size = 4 + 3 + value.length + 1;
  return Buffer.concat([uint32(size), Buffer.from([type, 0x61, 0, ...value, 0])]);
}

describe('a message that breaks the framing', () => {
  it.each([
    ['a negative length', withLength(opMsg(PING), -1)],
    ['a length shorter than its header', withLength(opMsg(PING), 15)],
    ['a length beyond 48,000,000', withLength(opMsg(PING), 48_000_001)],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')],
    ['a compressed message', frame(2012, Buffer.alloc(20))],
    ['an unknown flag that must be understood', opMsg(PING, { flags: 4 })],
    ['a section of an unknown kind', opMsg(PING, { sections: [Buffer.from([7, 0, 0])] })],
    ['a section that is longer than its message', opMsg(PING, { sections: [Buffer.from([1, 99, 0, 0, 0])] })],
    ['a checksum', opMsg(PING, { flags: CHECKSUM_PRESENT, sections: [uint32(1)] })],
  ])('closes its connection: %s', async (_, bytes) => {
    expect(await raw.ask(bytes)).toBe('closed');
  });
});

it('closes a connection whose framing breaks behind a command that runs, after the answer', async () => {
  const documents = Array.from({ length: 5_000 }, (_, _id) => ({ _id }));
  raw.send(Buffer.concat([opMsg({ insert: 'behind', documents, $db: 'hostile' }), uint32(0)]));
  await new Promise((resolve) => setTimeout(resolve, 5));
  raw.send(Buffer.alloc(100));

  expect(await raw.reply()).toMatchObject({ n: documents.length });
  expect(await raw.reply()).toBe('closed');
});

describe('a message whose BSON is broken', () => {
  it.each([
    ['a document longer than its message', Buffer.concat([uint32(1000), Buffer.from([0])])],
    ['a type that does not exist', bodyWith(0x20, 0)],
    ['a string longer than its document', bodyWith(2, 100, 0, 0, 0, 65, 0)],
    ['a string without its zero', bodyWith(2, 1, 0, 0, 0, 65)],
    ['binary of negative length', bodyWith(5, 255, 255, 255, 255, 0)],
    ['a number that is cut off', bodyWith(1, 0, 0)],
    ['code with a scope that does not fit', bodyWith(15, 20, 0, 0, 0, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0)],
    ['a regular expression without an end', bodyWith(11, 65, 65)],
  ])('says so and closes its connection: %s', async (_, body) => {
    const reply = await raw.ask(opMsg(body));

    expect(reply).toMatchObject({ ok: 0, code: 22, codeName: 'InvalidBSON' });
    expect(await raw.reply()).toBe('closed');
  });

  it('is refused inside of an insert too, and nothing of it is stored', async () => {
    const body = Buffer.from(
      BSON.serialize({ insert: 'c', documents: [{ _id: 1 }, { text: 'abc' }], $db: 'hostile' }),
    );
    body.writeInt32LE(99, body.indexOf('abc') - 4);

    expect(await raw.ask(opMsg(body))).toMatchObject({ ok: 0, code: 22 });
    expect(await witness.db('hostile').collection('c').countDocuments()).toBe(0);
  });
});

describe('a message that MongoDB takes, if only just', () => {
  it('may not nest deeper than 200 levels, and may go on after that', async () => {
    expect(await raw.ask(opMsg({ ...PING, deep: nested(1_000) }))).toMatchObject({ ok: 0, code: 15 });
    expect(await raw.ask(opMsg({ ...PING, comment: nested(199) }))).toEqual({ ok: 1 });
  });

  it('may come one byte at a time', async () => {
    for (const byte of opMsg(PING)) {
      raw.send(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect(await raw.reply()).toEqual({ ok: 1 });
  });

  it('may come together with the next ones, which are answered in order', async () => {
    raw.send(Buffer.concat([opMsg(PING), opMsg({ buildInfo: 1, $db: 'admin' }), opMsg({ ping: 1 })]));

    expect(await raw.reply()).toEqual({ ok: 1 });
    expect(await raw.reply()).toMatchObject({ ok: 1, version: expect.any(String) });
    // It must name a database.
    expect(await raw.reply()).toMatchObject({ ok: 0, code: 40571 });
  });

  it('may want no reply', async () => {
    raw.send(opMsg({ insert: 'silent', documents: [{ _id: 1 }], $db: 'hostile' }, { flags: MORE_TO_COME }));

    expect(await raw.ask(opMsg({ count: 'silent', $db: 'hostile' }))).toEqual({ n: 1, ok: 1 });
  });

  it('may say hello in the old way, and nothing else', async () => {
    expect(await raw.ask(opQuery('admin.$cmd', { isMaster: 1 }))).toMatchObject({ ok: 1, ismaster: true });
    expect(await raw.ask(opQuery('admin.$cmd', { ping: 1 }))).toMatchObject({ ok: 0, code: 352 });
  });
});

describe('clients that stall', () => {
  const connections = (count: number) =>
    Promise.all(Array.from({ length: count }, () => RawConnection.open(engine.mongo.uri)));

  it('are cut off when they send one byte and wait, a thousand of them, in bounded memory', async () => {
    const before = process.memoryUsage.rss();
    const stalled = await connections(1_000);
    stalled.forEach((connection) => connection.send(Buffer.from([48])));

    expect(await witness.db('admin').command({ ping: 1 })).toEqual({ ok: 1 });
    const replies = await Promise.all(stalled.map((connection) => connection.reply()));
    expect(new Set(replies)).toEqual(new Set(['closed']));
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('are not sent more replies than they read, and are cut off', async () => {
    const big = Buffer.alloc(1024 * 1024, 'x');
    const documents = Array.from({ length: 15 }, (_, _id) => ({ _id, big }));
    await witness.db('hostile').collection<{ _id: number; big: Buffer }>('big').insertMany(documents);
    const before = process.memoryUsage.rss();
    const slow = await connections(5);
    const find = opMsg({ find: 'big', $db: 'hostile' });
    for (const connection of slow) {
      connection.socket.pause();
      for (let sent = 0; sent < 20; sent++) connection.send(find);
    }

    expect(await witness.db('hostile').collection('big').countDocuments()).toBe(15);
    // All 100 replies would be 1.5 GB.
    expect(process.memoryUsage.rss() - before).toBeLessThan(600 * 1024 * 1024);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    for (const connection of slow) connection.socket.on('data', () => undefined).resume();
    await Promise.all(
      slow.map((each) => each.closed || new Promise((resolve) => each.socket.once('close', resolve))),
    );
  });
});
