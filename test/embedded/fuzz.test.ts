import { type Document, Long, type MongoClient } from 'mongodb';
import { documentSequence, opMsg, opQuery, RawConnection, uint32 } from './raw-connection';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';

const SEED = Number(process.env.FUZZ_SEED ?? 20_260_101);
const MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 4_000);
const WITNESS_EVERY = 200;

type Random = () => number;

/** Mulberry32: the same numbers from the same seed, everywhere. */
function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

const $db = 'fuzz';
const lsid = { id: Buffer.alloc(16, 7) };
const filter = { a: { $gte: 1, $lt: 9 }, $or: [{ b: 'x' }, { c: { $in: [1, null, 'y'] } }] };
const update = { $set: { 'a.b': 1 }, $inc: { n: 1 }, $max: { list: [1, 2] } };

/** Well-formed messages of every kind; each is sent broken in one way or another. */
const SEEDS: readonly Buffer[] = [
  opMsg({ hello: 1, $db, client: { driver: { name: 'fuzz', version: '1' } } }),
  opMsg({
    insert: 'c',
    documents: [{ a: 1, b: 'x', c: [1, { d: null }], at: new Date(0), n: Long.fromNumber(9) }],
    $db,
  }),
  opMsg({ insert: 'c', $db }, { sections: [documentSequence('documents', [{ a: 1 }, { a: { b: [] } }])] }),
  opMsg({
    find: 'c',
    filter,
    sort: { a: -1, b: 1 },
    projection: { a: 1, 'b.c': 1 },
    limit: 3,
    batchSize: 1,
    $db,
  }),
  opMsg({ update: 'c', updates: [{ q: filter, u: update, upsert: true, multi: false }], $db }),
  opMsg(
    { update: 'c', $db },
    { sections: [documentSequence('updates', [{ q: {}, u: { $unset: { a: 1 } }, multi: true }])] },
  ),
  opMsg({ findAndModify: 'c', query: { b: 'x' }, update: { $max: { n: 3 } }, new: true, upsert: true, $db }),
  opMsg({ delete: 'c', deletes: [{ q: { a: { $gt: 3 } }, limit: 1 }], $db }),
  opMsg({
    aggregate: 'c',
    pipeline: [{ $match: filter }, { $group: { _id: '$b', n: { $sum: 1 } } }],
    cursor: {},
    $db,
  }),
  opMsg({ count: 'c', query: filter, $db }),
  opMsg({ distinct: 'c', key: 'a', query: {}, $db }),
  opMsg({ createIndexes: 'c', indexes: [{ key: { a: 1, b: -1 }, name: 'a_1_b_-1', unique: false }], $db }),
  opMsg({ getMore: Long.fromNumber(5), collection: 'c', $db }),
  opMsg({
    insert: 'c',
    documents: [{ t: 1 }],
    lsid,
    txnNumber: Long.ONE,
    startTransaction: true,
    autocommit: false,
    $db,
  }),
  opMsg({ commitTransaction: 1, lsid, txnNumber: Long.ONE, autocommit: false, $db: 'admin' }),
  opMsg({ explain: { find: 'c', filter }, verbosity: 'executionStats', $db }),
  opMsg({ listCollections: 1, filter: { name: 'c' }, $db }),
  opQuery('admin.$cmd', { isMaster: 1, helloOk: true }),
];

type Mutation = (bytes: Buffer, random: Random) => Buffer;

/** Each keeps the header's length true or not, as chance has it. */
const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  (bytes, random) => Buffer.concat([bytes, randomBytes(random, below(random, 64))]),
  (bytes, random) => {
    for (let flips = 1 + below(random, 12); flips > 0; flips--) {
      const at = below(random, bytes.length);
      bytes[at] = bytes[at]! ^ (1 << below(random, 8));
    }
    return bytes;
  },
  // Behind the header: bits of the BSON only, so that most of these get through the framing.
  (bytes, random) => {
    const at = 21 + below(random, bytes.length - 21);
    bytes[at] = below(random, 256);
    return bytes;
  },
  (bytes, random) => {
    bytes.writeInt32LE(below(random, 2 ** 31), below(random, bytes.length - 4));
    return bytes;
  },
  (bytes, random) => {
    const from = below(random, bytes.length);
    const cut = Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + below(random, 8))]);
    return cut.length >= 4 ? Buffer.concat([uint32(cut.length), cut.subarray(4)]) : cut;
  },
  (_, random) => randomBytes(random, 1 + below(random, 200)),
];

function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => below(random, 256)));
}

let engine: TemporaryEngine;
let witness: MongoClient;

beforeAll(async () => {
  engine = await startTemporaryEngine({ stalledAfterMilliseconds: 2_000 });
  witness = await engine.connect();
});
afterAll(() => engine.close());

it(`serves everyone else, whatever bytes come (FUZZ_SEED=${SEED})`, async () => {
  const random = randomFrom(SEED);
  const codes = new Map<unknown, number>();
  const kept = witness.db('witness').collection<{ _id: number }>('c');
  for (let sent = 0; sent < MESSAGES; sent++) {
    const seed = Buffer.from(SEEDS[below(random, SEEDS.length)]!);
    const bytes = MUTATIONS[below(random, MUTATIONS.length)]!(seed, random);
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
  const collections: Document[] = await witness.db($db).listCollections().toArray();
  for (const { name } of collections) {
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
