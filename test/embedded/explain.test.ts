import type { Db, Document } from 'mongodb';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';

let engine: TemporaryEngine;
let db: Db;

beforeAll(async () => {
  engine = await startTemporaryEngine();
  db = (await engine.connect()).db('explained');
  const documents = Array.from({ length: 20 }, (_, n) => ({ _id: n as never, a: n % 4, b: n, c: `c${n}` }));
  await db.collection('c').insertMany(documents);
  await db.collection('c').createIndex({ a: 1, b: -1 }, { name: 'a then b' });
});
afterAll(() => engine.close());

const explain = (command: Document, verbosity = 'executionStats') =>
  db.command({ explain: command, verbosity });

it('shows a find stage by stage, with what was examined', async () => {
  const filter = { a: 1, b: { $gte: 5, $lt: 15 }, c: { $ne: 'c9' } };
  const reply = await explain({ find: 'c', filter, sort: { b: 1 }, limit: 2, projection: { b: 1 } });
  expect(reply.queryPlanner).toEqual({
    plannerVersion: 1,
    namespace: 'explained.c',
    winningPlan: {
      stage: 'LIMIT',
      limitAmount: 2,
      inputStage: {
        stage: 'PROJECTION_DEFAULT',
        inputStage: {
          stage: 'FETCH',
          inputStage: {
            stage: 'IXSCAN',
            keyPattern: { a: 1, b: -1 },
            indexName: 'a then b',
            isMultiKey: false,
            isUnique: false,
            isPartial: false,
            direction: 'backward',
          },
        },
      },
    },
    rejectedPlans: [],
  });
  expect(reply.executionStats).toMatchObject({ nReturned: 2, totalKeysExamined: 3, totalDocsExamined: 3 });
  expect(reply.serverInfo).toMatchObject({ version: '4.4.6' });
});

it('runs nothing where only the plan is asked for', async () => {
  const reply = await explain({ find: 'c', filter: { c: 'c1' } }, 'queryPlanner');
  expect(reply.queryPlanner.winningPlan).toEqual({ stage: 'COLLSCAN', direction: 'forward' });
  expect(reply).not.toHaveProperty('executionStats');
});

it('shows what is sorted in memory', async () => {
  const { executionStats } = await explain({ find: 'c', sort: { c: -1 }, limit: 3 });
  expect(executionStats.executionStages).toMatchObject({
    stage: 'LIMIT',
    inputStage: {
      stage: 'SORT',
      sortPattern: { c: -1 },
      inputStage: { stage: 'COLLSCAN' },
    },
  });
});

it('shows a pipeline as a query where it is one, and stage by stage where it is more', async () => {
  const query = [{ $match: { a: 1 } }, { $sort: { b: 1 } }, { $limit: 2 }];
  const plain = await explain({ aggregate: 'c', pipeline: query, cursor: {} });
  expect(plain.executionStats).toMatchObject({ nReturned: 2, totalKeysExamined: 2, totalDocsExamined: 2 });
  const group = { $group: { _id: '$a', n: { $sum: '$b' } } };
  const staged = await explain({ aggregate: 'c', pipeline: [...query, group], cursor: {} });
  expect(staged.stages).toMatchObject([{ $cursor: { executionStats: { nReturned: 2 } } }, group]);
});

it('plans nothing for a collection that is not there', async () => {
  const { queryPlanner } = await explain({ find: 'nowhere' });
  expect(queryPlanner.winningPlan).toEqual({ stage: 'EOF' });
});

it('refuses what it cannot explain', async () => {
  await expect(explain({ ping: 1 })).rejects.toMatchObject({ code: 59, codeName: 'CommandNotFound' });
  await expect(explain({ find: 'c' }, 'everything')).rejects.toMatchObject({ code: 9 });
});
