import fc from 'fast-check';
import { type Document, Long, type MongoClient } from 'mongodb';
import { documentSequence, opMsg, opQuery, RawConnection, uint32 } from './raw-connection';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';

const SEED = Number(process.env.FUZZ_SEED ?? 20_260_101);
const MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 2_000);
const WITNESS_EVERY = 100;

const $db = 'fuzz';
const filter = { a: { $gte: 1, $lt: 9 }, $or: [{ b: 'x' }, { c: { $in: [1, null, 'y'] } }] };
const update = { $set: { 'a.b': 1 }, $inc: { n: 1 }, $min: { m: 2 } };
const values = { a: 1, b: 'x', c: [1, { d: null }], at: new Date(0), n: Long.fromNumber(9) };
const transaction = { lsid: { id: Buffer.alloc(16, 7) }, txnNumber: Long.ONE, autocommit: false };
const group = { $group: { _id: '$b', n: { $sum: 1 } } };

/** Commands of every kind, and messages of the other shapes. */
const COMMANDS: readonly Document[] = [
  { hello: 1, client: { driver: { name: 'fuzz', version: '1' } } },
  { insert: 'c', documents: [values] },
  { find: 'c', filter, sort: { a: -1, b: 1 }, projection: { a: 1, 'b.c': 1 }, limit: 3, batchSize: 1 },
  { update: 'c', updates: [{ q: filter, u: update, upsert: true, multi: false }] },
  { findAndModify: 'c', query: { b: 'x' }, update: { $max: { n: 3 } }, new: true, upsert: true },
  { delete: 'c', deletes: [{ q: { a: { $gt: 3 } }, limit: 1 }] },
  { aggregate: 'c', pipeline: [{ $match: filter }, group], cursor: {} },
  { count: 'c', query: filter },
  { distinct: 'c', key: 'a', query: {} },
  { createIndexes: 'c', indexes: [{ key: { a: 1, b: -1 }, name: 'a_1_b_-1', unique: false }] },
  { getMore: Long.fromNumber(5), collection: 'c' },
  { insert: 'c', documents: [{ t: 1 }], ...transaction, startTransaction: true },
  { commitTransaction: 1, ...transaction },
  { explain: { find: 'c', filter }, verbosity: 'executionStats' },
  { listCollections: 1, filter: { name: 'c' } },
];
const unset = { q: {}, u: { $unset: { a: 1 } }, multi: true };
const WELL_FORMED: readonly Buffer[] = [
  ...COMMANDS.map((command) => opMsg({ ...command, $db })),
  opMsg({ insert: 'c', $db }, { sections: [documentSequence('documents', [{ a: 1 }, { a: { b: [] } }])] }),
  opMsg({ update: 'c', $db }, { sections: [documentSequence('updates', [unset])] }),
  opQuery('admin.$cmd', { isMaster: 1, helloOk: true }),
];

const message = fc.constantFrom(...WELL_FORMED).map((bytes) => Buffer.from(bytes));
const place = fc.nat({ max: 2 ** 30 });
const noise = (maxLength: number) => fc.uint8Array({ minLength: 1, maxLength });

function cut(bytes: Buffer, from: number, length: number): Buffer {
  const left = Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
  return left.length >= 4 ? Buffer.concat([uint32(left.length), left.subarray(4)]) : left;
}

/** Messages broken in one way or another; the header's length stays true in some of them. */
const broken: fc.Arbitrary<Buffer> = fc.oneof(
  fc.tuple(message, place).map(([bytes, at]) => bytes.subarray(0, at % bytes.length)),
  fc.tuple(message, noise(64)).map((parts) => Buffer.concat(parts)),
  fc.tuple(message, fc.array(place, { minLength: 1, maxLength: 12 })).map(([bytes, flips]) => {
    for (const flip of flips) bytes[flip % bytes.length]! ^= 1 << (flip & 7);
    return bytes;
  }),
  // Behind the header: bits of the BSON only, so that most of these get through the framing.
  fc.tuple(message, place, fc.nat({ max: 255 })).map(([bytes, at, byte]) => {
    bytes[21 + (at % (bytes.length - 21))] = byte;
    return bytes;
  }),
  fc.tuple(message, place, fc.nat()).map(([bytes, at, length]) => {
    bytes.writeInt32LE(length, at % (bytes.length - 4));
    return bytes;
  }),
  fc.tuple(message, place, fc.integer({ min: 1, max: 8 })).map(([bytes, at, length]) => {
    return cut(bytes, at % bytes.length, length);
  }),
  noise(200).map((bytes) => Buffer.from(bytes)),
);

let engine: TemporaryEngine;
let witness: MongoClient;

beforeAll(async () => {
  engine = await startTemporaryEngine({ stalledAfterMilliseconds: 2_000 });
  witness = await engine.connect();
});
afterAll(() => engine.close());

it(`serves everyone else, whatever bytes come (FUZZ_SEED=${SEED})`, async () => {
  const codes = new Map<unknown, number>();
  const kept = witness.db('witness').collection<{ _id: number }>('c');
  for (const [sent, bytes] of fc.sample(broken, { seed: SEED, numRuns: MESSAGES }).entries()) {
    const code = await answerTo(bytes);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (sent % WITNESS_EVERY === 0) await kept.insertOne({ _id: sent });
  }
  expect(await kept.countDocuments()).toBe(Math.ceil(MESSAGES / WITNESS_EVERY));
  // The bytes are bad enough to be refused on every level, and good enough to get to the commands.
  expect([...codes.keys()]).toEqual(expect.arrayContaining(['closed', 'ok', 22, 59, 9]));
  expect(codes.get('ok')).toBeGreaterThan(MESSAGES / 20);
}, 120_000);

it('has kept its data in order', async () => {
  for (const { name } of await witness.db($db).listCollections().toArray()) {
    expect(await witness.db($db).command({ validate: name })).toMatchObject({ valid: true });
  }
});

/** The code of the reply, 'ok', or 'closed' where there was none; leaves behind the message, so that no one waits. */
async function answerTo(bytes: Buffer): Promise<unknown> {
  const connection = await RawConnection.open(engine.mongo.uri);
  connection.socket.end(bytes);
  const reply = await connection.reply();
  connection.destroy();
  return reply === 'closed' || reply.ok === undefined ? 'closed' : reply.ok ? 'ok' : reply.code;
}
