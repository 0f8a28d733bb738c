import type { Collection, Db, Document, Filter, FindOptions } from 'mongodb';
import { summarize } from '../api/query-plan';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';

let engine: TemporaryEngine;
let db: Db;
let events: Collection;
let sessions: Collection;

const start = Date.parse('2026-01-01T00:00:00Z');
const at = (second: number) => new Date(start + second * 1000);
const page = { timestamp: 1, position: 1 } as const;
const newestFirst = { startedAt: -1, _id: -1 } as const;

beforeAll(async () => {
  engine = await startTemporaryEngine();
  db = (await engine.connect()).db('planner');
  events = db.collection('events');
  sessions = db.collection('sessions');
  await events.createIndexes([
    { key: { sessionId: 1, eventId: 1 }, name: 'identity', unique: true },
    { key: { sessionId: 1, timestamp: 1, position: 1, type: 1 }, name: 'order' },
    { key: { sessionId: 1, position: 1 }, name: 'stored', unique: true },
  ]);
  await sessions.createIndexes([
    { key: { sessionId: 1 }, name: 'identity', unique: true },
    { key: { startedAt: -1, _id: -1 }, name: 'newest' },
    { key: { status: 1, startedAt: -1, _id: -1 }, name: 'status' },
    { key: { labels: 1, startedAt: -1, _id: -1 }, name: 'labels' },
  ]);
  // Three events share each second, so that a page's edge falls among equals.
  const event = (sessionId: string, n: number) => ({
    sessionId,
    eventId: `e${n}`,
    type: ['user', 'bot', 'system'][n % 3],
    timestamp: at(Math.floor(n / 3)),
    position: n + 1,
    payload: { n },
  });
  for (const sessionId of ['a', 'b', 'c']) {
    await events.insertMany(Array.from({ length: 300 }, (_, n) => event(sessionId, n)));
  }
  await sessions.insertMany(
    Array.from({ length: 300 }, (_, n) => ({
      sessionId: `s${n}`,
      status: ['INITIATED', 'ACTIVE', 'COMPLETED'][n % 3],
      labels: [`user=${n % 20}`, `tier=${n % 2}`],
      startedAt: at(n),
    })),
  );
});
afterAll(() => engine.close());

/** What was looked at, the stages of the plan, and the indexes that it walks. */
async function explained(collection: Collection, filter: Filter<Document>, options: FindOptions = {}) {
  const plan = await collection.find(filter, options).explain('executionStats');
  const { stages, returned, keysExamined, docsExamined } = summarize(plan);
  const indexes = new Set(JSON.stringify(plan.queryPlanner.winningPlan).match(/(?<="indexName":")\w+/g));
  return { stages: [...stages], returned, keysExamined, docsExamined, indexes: [...indexes].join() };
}

it.each([
  ['forwards', '$gt', 1],
  ['backwards, by the same index', '$lt', -1],
] as const)('begins a page of one session behind a place among equals, %s', async (_, beyond, step) => {
  const ties = [{ timestamp: { [beyond]: at(50) } }, { position: { [beyond]: 152 } }];
  const filter = { sessionId: 'a', timestamp: { [`${beyond}e`]: at(50) }, $or: ties };
  const options: FindOptions = { sort: { timestamp: step, position: step }, limit: 21 };
  const plan = await explained(events, filter, options);
  // What lies before the place is passed over in the index.
  expect(plan).toMatchObject({ stages: ['LIMIT', 'FETCH', 'IXSCAN'], docsExamined: 21, indexes: 'order' });
  expect(plan.keysExamined).toBeLessThanOrEqual(23);
  const rows = await events.find(filter, options).toArray();
  expect(rows.map(({ position }) => position as number)).toEqual(
    Array.from({ length: 21 }, (_row, n) => 152 + step * (n + 1)),
  );
});

it('merges the entries of several labels, and gives a session that has two of them once', async () => {
  const filter = { labels: { $in: ['user=7', 'tier=1'] } };
  const options: FindOptions = { sort: newestFirst, limit: 12 };
  const plan = await explained(sessions, filter, options);
  expect(plan.stages).toEqual(['LIMIT', 'FETCH', 'SORT_MERGE', 'IXSCAN']);
  const rows = await sessions.find(filter, options).toArray();
  expect(rows.map(({ sessionId }) => sessionId)).toEqual(
    Array.from({ length: 12 }, (_, n) => `s${299 - 2 * n}`),
  );
});

it.each([{ labels: { $all: ['tier=1', 'user=7'] } }, { status: 'ACTIVE', labels: 'user=7' }])(
  'finds out which condition is the rarer one: %j',
  async (filter) => {
    const plan = await explained(sessions, filter, { sort: newestFirst });
    expect(plan).toMatchObject({ stages: ['FETCH', 'IXSCAN'], keysExamined: 15, indexes: 'labels' });
  },
);

it('seeks each branch of an $or by bounds of its own', async () => {
  const branch = (n: number) => ({ sessionId: n % 2 ? 'a' : 'b', eventId: `e${n}` });
  const filter = { $or: Array.from({ length: 200 }, (_, n) => branch(n)) };
  const plan = await explained(events, filter);
  expect(plan).toMatchObject({ stages: ['FETCH', 'OR', 'IXSCAN'], keysExamined: 200, docsExamined: 200 });
  expect(await events.find(filter).toArray()).toHaveLength(200);
});

it.each([
  [{}, 900, ['RECORD_STORE_FAST_COUNT', 'EOF']],
  [{ sessionId: 'a', timestamp: { $gte: at(10), $lt: at(20) } }, 30, ['COUNT', 'IXSCAN']],
  [{ sessionId: 'a', type: 'bot' }, 100, ['COUNT', 'IXSCAN']],
])('reads no document to count: %j', async (query, count, stages) => {
  expect(await events.countDocuments(query)).toBe(count);
  const explain = { count: 'events', query };
  const plan = summarize(await db.command({ explain, verbosity: 'executionStats' }));
  expect(plan).toMatchObject({ docsExamined: 0, stages: new Set(stages) });
});

it('takes arrays apart for distinct values, and gives each once', async () => {
  const labels = await sessions.distinct('labels');
  expect(labels).toHaveLength(22);
  expect(labels.sort().slice(0, 3)).toEqual(['tier=0', 'tier=1', 'user=0']);
});

it('follows a hint, by name or by pattern, and refuses one that names no index', async () => {
  const filter = { sessionId: 'a' };
  for (const hint of ['stored', { sessionId: 1, position: 1 }])
    expect(await explained(events, filter, { hint })).toMatchObject({ indexes: 'stored' });
  expect((await explained(events, filter, { hint: { $natural: 1 } })).stages).toEqual(['COLLSCAN']);
  for (const hint of ['nowhere', { $natural: -1 }] as const)
    await expect(events.find(filter, { hint }).toArray()).rejects.toMatchObject({ code: 2 });
});

describe('explain', () => {
  const explain = (command: Document, verbosity = 'executionStats') =>
    db.command({ explain: command, verbosity });

  it('shows a find stage by stage, and runs nothing where only the plan is asked for', async () => {
    const find = { find: 'events', filter: { sessionId: 'a', payload: { n: 1 } }, sort: page, limit: 2 };
    const reply = await explain({ ...find, projection: { payload: 1 } }, 'queryPlanner');
    expect(reply).not.toHaveProperty('executionStats');
    expect(reply.queryPlanner).toMatchObject({ namespace: 'planner.events', rejectedPlans: [] });
    const scan = { stage: 'IXSCAN', indexName: 'order', isUnique: false, direction: 'forward' };
    expect(reply.queryPlanner.winningPlan).toMatchObject({
      stage: 'LIMIT',
      limitAmount: 2,
      inputStage: { stage: 'PROJECTION_DEFAULT', inputStage: { stage: 'FETCH', inputStage: scan } },
    });
    const { queryPlanner } = await explain({ find: 'nowhere' });
    expect(queryPlanner.winningPlan).toEqual({ stage: 'EOF' });
  });

  it('shows a pipeline as a query where it is one, and stage by stage where it is more', async () => {
    const pipeline = [{ $match: { sessionId: 'a' } }, { $sort: page }, { $limit: 2 }];
    const counts = { nReturned: 2, totalKeysExamined: 2, totalDocsExamined: 2 };
    const plain = await explain({ aggregate: 'events', pipeline, cursor: {} });
    expect(plain.executionStats).toMatchObject(counts);
    const group = { $group: { _id: '$type', n: { $sum: '$position' } } };
    const staged = await explain({ aggregate: 'events', pipeline: [...pipeline, group], cursor: {} });
    expect(staged.stages).toMatchObject([{ $cursor: { executionStats: counts } }, group]);
  });
});
