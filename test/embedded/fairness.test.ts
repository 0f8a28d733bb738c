import type { Db, Document } from 'mongodb';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';

let engine: TemporaryEngine;
let hostile: Db;
let other: Db;

beforeAll(async () => {
  engine = await startTemporaryEngine();
  hostile = (await engine.connect()).db('d');
  other = (await engine.connect()).db('d');
  const documents = Array.from({ length: 20_000 }, (_, i) => ({
    _id: i as never,
    g: i % 100,
    s: `${'a'.repeat(40)}!`,
  }));
  await hostile.collection('c').insertMany(documents);
});
afterAll(() => engine.close());

const numbers = { $literal: Array.from({ length: 1000 }, (_, i) => i) };
const endless: Record<string, Document> = {
  'products of $unwind': {
    pipeline: [{ $project: { n: numbers } }, { $unwind: '$n' }, { $match: { n: -1 } }],
  },
  'nested $map and $filter': {
    pipeline: [
      { $unionWith: { coll: 'c', pipeline: [{ $unionWith: 'c' }] } },
      {
        $project: {
          n: { $map: { input: numbers, in: { $size: { $filter: { input: [1, 2, 3], cond: '$$this' } } } } },
        },
      },
      { $match: { n: -1 } },
    ],
  },
};

it.each(Object.entries(endless))(
  '%s: keeps its limit of time, and others are answered',
  async (_name, command) => {
    const running = hostile.command({ aggregate: 'c', cursor: {}, maxTimeMS: 1000, ...command }).then(
      () => 'ended',
      (error: { code: number }) => error.code,
    );
    let outcome: unknown;
    void running.then((result) => (outcome = result));
    let longest = 0;
    while (outcome === undefined) {
      const start = performance.now();
      await other.collection('c').findOne({ _id: 5 as never });
      longest = Math.max(longest, performance.now() - start);
    }
    expect(outcome).toBe(50);
    // Far less where the machine has nothing else to do; a statement that does not pause would take the whole second.
    expect(longest).toBeLessThan(900);
  },
);

it('holds what a pipeline gathers to a limit', async () => {
  const pipeline = [
    { $project: { n: { $literal: Array.from({ length: 100_000 }, (_, i) => i) } } },
    { $group: { _id: null, all: { $push: '$n' } } },
  ];
  await expect(hostile.command({ aggregate: 'c', cursor: {}, pipeline })).rejects.toMatchObject({
    code: 292,
  });
});

it('tries a pattern that explodes elsewhere on many texts', async () => {
  expect(await hostile.collection('c').countDocuments({ s: /^(a+)+$/ })).toBe(0);
});
