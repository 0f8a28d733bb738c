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

const indexFields = {
  keyPattern: { a: 1, b: -1 },
  indexName: 'a then b',
  isMultiKey: false,
  multiKeyPaths: { a: [], b: [] },
  isUnique: false,
  isSparse: false,
  isPartial: false,
  indexVersion: 2,
};
const runFields = {
  executionTimeMillisEstimate: expect.any(Number),
  needYield: 0,
  saveState: 0,
  restoreState: 0,
  isEOF: 1,
};

it('shows a find as MongoDB 4.4 does', async () => {
  const filter = { a: 1, b: { $gte: 5, $lt: 15 }, c: { $ne: 'c9' } };
  const reply = await explain({ find: 'c', filter, sort: { b: 1 }, limit: 2, projection: { b: 1 } });
  expect(reply).toEqual({
    queryPlanner: {
      plannerVersion: 1,
      namespace: 'explained.c',
      indexFilterSet: false,
      parsedQuery: {
        $and: [{ a: { $eq: 1 } }, { b: { $gte: 5 } }, { b: { $lt: 15 } }, { c: { $not: { $eq: 'c9' } } }],
      },
      winningPlan: {
        stage: 'LIMIT',
        limitAmount: 2,
        inputStage: {
          stage: 'PROJECTION_SIMPLE',
          transformBy: { b: 1 },
          inputStage: {
            stage: 'FETCH',
            filter: { c: { $not: { $eq: 'c9' } } },
            inputStage: {
              stage: 'IXSCAN',
              ...indexFields,
              direction: 'backward',
              indexBounds: { a: ['[1, 1]'], b: ['[5, 15)'] },
            },
          },
        },
      },
      rejectedPlans: [],
    },
    executionStats: {
      executionSuccess: true,
      nReturned: 2,
      executionTimeMillis: expect.any(Number),
      totalKeysExamined: 3,
      totalDocsExamined: 3,
      executionStages: {
        stage: 'LIMIT',
        ...runFields,
        nReturned: 2,
        works: 3,
        advanced: 2,
        needTime: 0,
        limitAmount: 2,
        inputStage: {
          stage: 'PROJECTION_SIMPLE',
          ...runFields,
          isEOF: 0,
          nReturned: 2,
          works: 3,
          advanced: 2,
          needTime: 0,
          transformBy: { b: 1 },
          inputStage: {
            stage: 'FETCH',
            ...runFields,
            isEOF: 0,
            filter: { c: { $not: { $eq: 'c9' } } },
            nReturned: 2,
            works: 4,
            advanced: 2,
            needTime: 1,
            docsExamined: 3,
            inputStage: {
              stage: 'IXSCAN',
              ...runFields,
              isEOF: 0,
              ...indexFields,
              nReturned: 3,
              works: 4,
              advanced: 3,
              needTime: 0,
              direction: 'backward',
              indexBounds: { a: ['[1, 1]'], b: ['[5, 15)'] },
              keysExamined: 3,
              seeks: 1,
              dupsTested: 0,
              dupsDropped: 0,
            },
          },
        },
      },
    },
    serverInfo: { host: expect.any(String), port: 0, version: '4.4.6', gitVersion: expect.any(String) },
    ok: 1,
  });
});

it('runs nothing where only the plan is asked for', async () => {
  const reply = await explain({ find: 'c', filter: { c: 'c1' } }, 'queryPlanner');
  expect(reply.queryPlanner.winningPlan).toEqual({
    stage: 'COLLSCAN',
    filter: { c: { $eq: 'c1' } },
    direction: 'forward',
  });
  expect(reply).not.toHaveProperty('executionStats');
});

it('shows what is sorted in memory', async () => {
  const { executionStats } = await explain({ find: 'c', sort: { c: -1 }, limit: 3 });
  expect(executionStats.executionStages).toMatchObject({
    stage: 'SORT',
    sortPattern: { c: -1 },
    memLimit: 104857600,
    limitAmount: 3,
    type: 'simple',
    inputStage: { stage: 'COLLSCAN', docsExamined: 20 },
  });
});

it('shows a count of keys by the ends of its stretch', async () => {
  const { queryPlanner, executionStats } = await explain({ count: 'c', query: { a: 1, b: { $gt: 5 } } });
  expect(queryPlanner.winningPlan).toEqual({
    stage: 'COUNT',
    inputStage: {
      stage: 'COUNT_SCAN',
      ...indexFields,
      indexBounds: {
        startKey: { a: 1, b: Infinity },
        startKeyInclusive: true,
        endKey: { a: 1, b: 5 },
        endKeyInclusive: false,
      },
    },
  });
  expect(executionStats).toMatchObject({ nReturned: 0, totalDocsExamined: 0 });
  expect(executionStats.executionStages).toMatchObject({ nCounted: 3, nSkipped: 0 });
});

it('shows a pipeline as a query where it is one, and stage by stage where it is more', async () => {
  const query = [{ $match: { a: 1 } }, { $sort: { b: 1 } }, { $limit: 2 }];
  const plain = await explain({ aggregate: 'c', pipeline: query, cursor: {} });
  expect(plain.executionStats).toMatchObject({ nReturned: 2, totalKeysExamined: 2, totalDocsExamined: 2 });
  const group = { $group: { _id: '$a', n: { $sum: '$b' } } };
  const staged = await explain({ aggregate: 'c', pipeline: [...query, group], cursor: {} });
  expect(staged.stages).toMatchObject([{ $cursor: { executionStats: { nReturned: 2 } } }, group]);
  const asOption = await db.command({ aggregate: 'c', pipeline: query, explain: true });
  expect(asOption.queryPlanner.winningPlan).toMatchObject({ stage: 'LIMIT' });
});

it.each([
  ['UPDATE', { update: 'c', updates: [{ q: { a: 1 }, u: { $set: { z: 1 } }, multi: true }] }, 5],
  ['DELETE', { delete: 'c', deletes: [{ q: { a: 1 }, limit: 1 }] }, 1],
  ['UPDATE', { findAndModify: 'c', query: { a: 1 }, sort: { b: 1 }, update: { $set: { z: 1 } } }, 1],
])('shows what %s would change, and changes nothing', async (stage, command, matched) => {
  const { executionStats } = await explain(command);
  expect(executionStats.executionStages).toMatchObject({ stage, inputStage: { nReturned: matched } });
  expect(await db.collection('c').countDocuments({ z: 1 })).toBe(0);
  expect(await db.collection('c').countDocuments()).toBe(20);
});

it('plans nothing for a collection that is not there', async () => {
  const { queryPlanner } = await explain({ find: 'nowhere' });
  expect(queryPlanner.winningPlan).toEqual({ stage: 'EOF' });
});

it('refuses what it cannot explain', async () => {
  await expect(explain({ ping: 1 })).rejects.toMatchObject({ code: 59, codeName: 'CommandNotFound' });
  await expect(explain({ find: 'c' }, 'everything')).rejects.toMatchObject({ code: 9 });
});
