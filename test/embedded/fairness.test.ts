import type { Db, Document } from 'mongodb';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';

let engine: TemporaryEngine;
let hostile: Db;
let other: Db;

beforeAll(async () => {
  engine = await startTemporaryEngine();
  hostile = (await engine.connect()).db('d');
  other = (await engine.connect()).db('d');
  const s = `${'a'.repeat(40)}!`;
  const documents = Array.from({ length: 20_000 }, (_, i) => ({ _id: i as never, s }));
  await hostile.collection('c').insertMany(documents);
});
afterAll(() => engine.close());

const numbers = { $literal: Array.from({ length: 1000 }, (_, i) => i) };
const unwound = [{ $project: { n: numbers } }, { $unwind: '$n' }, { $match: { n: -1 } }];
const few = { $size: { $filter: { input: [1, 2, 3], cond: '$$this' } } };
const mapped = [
  { $unionWith: { coll: 'c', pipeline: [{ $unionWith: 'c' }] } },
  { $project: { n: { $map: { input: numbers, in: few } } } },
  { $match: { n: -1 } },
];

it('keeps statements without end to their limit of time, and others are answered', async () => {
  const endless = (pipeline: Document[]) =>
    hostile.command({ aggregate: 'c', pipeline, cursor: {}, maxTimeMS: 1000 }).then(
      () => 'ended',
      (error: { code: number }) => error.code,
    );
  let outcomes: unknown;
  void Promise.all([endless(unwound), endless(mapped)]).then((result) => (outcomes = result));
  let longest = 0;
  while (outcomes === undefined) {
    const start = performance.now();
    await other.collection('c').findOne({ _id: 5 as never });
    longest = Math.max(longest, performance.now() - start);
  }
  expect(outcomes).toEqual([50, 50]);
  // Far less where the machine has nothing else to do; a statement that does not pause would take the whole second.
  expect(longest).toBeLessThan(900);
});

it.each<[Document]>([
  [{ $group: { _id: null, all: { $push: '$text' } } }],
  [{ $group: { _id: { i: '$_id', text: '$text' } } }],
  [{ $sort: { s: 1 } }],
])('holds what a pipeline gathers to a limit: %j', async (stage) => {
  const pipeline = [{ $addFields: { text: { $literal: 'x'.repeat(2 ** 19) } } }, stage];
  const gathering = hostile.command({ aggregate: 'c', cursor: {}, pipeline });
  await expect(gathering).rejects.toMatchObject({ code: 292 });
});

it('tries a pattern that explodes elsewhere on many texts', async () => {
  expect(await hostile.collection('c').countDocuments({ s: /^(a+)+$/ })).toBe(0);
});
