import type { Collection, Db, Document } from 'mongodb';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';

interface Numbers {
  _id: number;
  n: number;
  s: string;
}

let engine: TemporaryEngine;
let db: Db;
let c: Collection<Numbers>;
/** The same by a connection of its own, which is there beforehand. */
let other: Collection<Numbers>;

beforeAll(async () => {
  engine = await startTemporaryEngine();
  db = (await engine.connect()).db('d');
  c = db.collection('c');
  other = (await engine.connect()).db('d').collection('c');
  const s = `${'a'.repeat(40)}!`;
  await c.insertMany(Array.from({ length: 20_000 }, (_, _id) => ({ _id, n: _id % 10, s })));
  await other.findOne();
});
afterAll(() => engine.close());

const numbers = { $literal: Array.from({ length: 1000 }, (_, i) => i) };
const unwound = [{ $project: { n: numbers } }, { $unwind: '$n' }, { $match: { n: -1 } }];
const few = { $size: { $filter: { input: [1, 2, 3], as: 'e', cond: '$$e' } } };
const mapped = [
  { $project: { n: numbers } },
  { $unwind: '$n' },
  { $project: { n: { $map: { input: numbers, as: 'n', in: few } } } },
  { $match: { n: -1 } },
];

it('keeps statements without end to their limit of time, and others are answered', async () => {
  const endless = (pipeline: Document[]) =>
    db.command({ aggregate: 'c', pipeline, cursor: {}, maxTimeMS: 1000 }).then(
      () => 'ended',
      (error: { code: number }) => error.code,
    );
  let outcomes: unknown;
  void Promise.all([endless(unwound), endless(mapped)]).then((result) => (outcomes = result));
  let longest = 0;
  while (outcomes === undefined) {
    const start = performance.now();
    await other.findOne({ _id: 5 });
    longest = Math.max(longest, performance.now() - start);
  }
  expect(outcomes).toEqual([50, 50]);
  // Far less where the machine has nothing else to do; a statement that does not pause would take the whole second.
  expect(longest).toBeLessThan(900);
});

it.each([
  { find: 'c', filter: { n: -1 } },
  { find: 'c', sort: { s: 1 } },
  { count: 'c', query: { n: -1 } },
  { update: 'c', updates: [{ q: { n: -1 }, u: { $set: { n: 0 } } }] },
])('ends at its time limit: %j', async (statement) => {
  await expect(db.command({ ...statement, maxTimeMS: 1 })).rejects.toMatchObject({ code: 50 });
});

it('writes what it has found, though it had to look for long, and others are served meanwhile', async () => {
  const ended: string[] = [];
  // The pattern explodes elsewhere.
  const long = c.updateMany({ s: /^(a+)+!$/, n: 3 }, { $inc: { n: 100 } });
  await Promise.all([
    long.then(({ modifiedCount }) => ended.push(`long ${modifiedCount}`)),
    other.findOne({ _id: 19_999 }).then(() => ended.push('short')),
  ]);
  expect(ended).toEqual(['short', 'long 2000']);
  const found = await c.findOneAndUpdate({ n: 103 }, { $set: { n: -5 } }, { sort: { _id: -1 } });
  expect(found).toMatchObject({ _id: 19_993 });
  expect(await c.deleteOne({ n: -5 })).toMatchObject({ deletedCount: 1 });
  const upserted = await c.updateOne({ n: -5 }, { $set: { s: 'y' } }, { upsert: true });
  expect(upserted).toMatchObject({ upsertedCount: 1 });
});

it('sorts what no index has in order, many times over, and more than it keeps for a limit', async () => {
  const opened = [1, 2, 3].map(() => c.find({}, { sort: { n: -1, _id: 1 }, batchSize: 2 }));
  for (const _id of [3, 13, 23]) {
    for (const cursor of opened) expect(await cursor.next()).toMatchObject({ _id });
  }
  await Promise.all(opened.map((cursor) => cursor.close()));
  const cut = await c.find({}, { sort: { n: -1, _id: 1 }, skip: 2, limit: 2 }).toArray();
  expect(cut).toMatchObject([{ _id: 23 }, { _id: 33 }]);
});

it.each<[Document]>([
  [{ $group: { _id: null, all: { $push: '$text' } } }],
  [{ $group: { _id: { i: '$_id', text: '$text' } } }],
  [{ $sort: { s: 1 } }],
])('holds what a pipeline gathers to a limit: %j', async (stage) => {
  const pipeline = [{ $addFields: { text: { $literal: 'x'.repeat(2 ** 19) } } }, stage];
  const gathering = db.command({ aggregate: 'c', cursor: {}, pipeline });
  await expect(gathering).rejects.toMatchObject({ code: 292 });
});
