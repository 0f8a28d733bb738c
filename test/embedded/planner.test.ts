import type { Collection, Db, Document, Filter, FindOptions } from 'mongodb';
import { ObjectId } from 'mongodb';
import { startTemporaryEngine, type TemporaryEngine } from './temporary-engine';

/** A stage of a plan as `explain` shows it. */
interface ExplainedStage {
  stage: string;
  indexName?: string;
  direction?: string;
  inputStage?: ExplainedStage;
  inputStages?: ExplainedStage[];
}

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

async function explained(collection: Collection, filter: Filter<Document>, options: FindOptions = {}) {
  const { executionStats } = await collection.find(filter, options).explain('executionStats');
  return {
    stages: stageNames(executionStats.executionStages),
    scans: scansOf(executionStats.executionStages),
    returned: executionStats.nReturned as number,
    keys: executionStats.totalKeysExamined as number,
    documents: executionStats.totalDocsExamined as number,
  };
}

function inputsOf(stage: ExplainedStage): ExplainedStage[] {
  return stage.inputStages ?? (stage.inputStage ? [stage.inputStage] : []);
}

/** From the top down, alike inputs once. */
function stageNames(stage: ExplainedStage): string {
  const below = new Set(inputsOf(stage).map(stageNames));
  return [stage.stage, ...below].join(' < ');
}

function scansOf(stage: ExplainedStage): ExplainedStage[] {
  return stage.stage === 'IXSCAN' ? [stage] : inputsOf(stage).flatMap(scansOf);
}

const positions = (documents: Document[]) => documents.map((document) => document.position as number);

describe('a page of one session', () => {
  const forward = {
    sessionId: 'a',
    timestamp: { $gte: at(50) },
    $or: [{ timestamp: { $gt: at(50) } }, { position: { $gt: 152 } }],
  };
  const backward = {
    sessionId: 'a',
    timestamp: { $lte: at(50) },
    $or: [{ timestamp: { $lt: at(50) } }, { position: { $lt: 152 } }],
  };

  it('is one walk of one index, which also gives the order', async () => {
    const plan = await explained(events, { sessionId: 'a' }, { sort: page, limit: 21 });
    expect(plan).toMatchObject({ stages: 'LIMIT < FETCH < IXSCAN', returned: 21, keys: 21, documents: 21 });
    expect(plan.scans).toMatchObject([{ indexName: 'order', direction: 'forward' }]);
  });

  it('begins behind a place among equals, forwards, without fetching what lies before it', async () => {
    const options = { sort: page, limit: 21 };
    const plan = await explained(events, forward, options);
    expect(plan).toMatchObject({ stages: 'LIMIT < FETCH < IXSCAN', returned: 21, documents: 21 });
    expect(plan.keys).toBeLessThanOrEqual(23);
    const rows = await events.find(forward, options).toArray();
    expect(positions(rows)).toEqual(Array.from({ length: 21 }, (_, n) => 153 + n));
  });

  it('begins behind a place among equals, backwards, by walking the same index the other way', async () => {
    const options: FindOptions = { sort: { timestamp: -1, position: -1 }, limit: 21 };
    const plan = await explained(events, backward, options);
    expect(plan).toMatchObject({ stages: 'LIMIT < FETCH < IXSCAN', returned: 21, documents: 21 });
    expect(plan.keys).toBeLessThanOrEqual(23);
    expect(plan.scans).toMatchObject([{ indexName: 'order', direction: 'backward' }]);
    expect(positions(await events.find(backward, options).toArray())).toEqual(
      Array.from({ length: 21 }, (_, n) => 151 - n),
    );
  });

  it('decides on the type by keys alone', async () => {
    const filter = { sessionId: 'a', type: { $in: ['bot'] }, timestamp: { $gte: at(10), $lt: at(40) } };
    const plan = await explained(events, filter, { sort: page });
    expect(plan).toMatchObject({ stages: 'FETCH < IXSCAN', returned: 30, documents: 30, keys: 90 });
  });

  it('walks the index of positions for those who follow along', async () => {
    const plan = await explained(
      events,
      { sessionId: 'a', position: { $gt: 250 } },
      { sort: { position: 1 } },
    );
    expect(plan).toMatchObject({ stages: 'FETCH < IXSCAN', keys: 50, documents: 50 });
    expect(plan.scans[0]!.indexName).toBe('stored');
  });
});

describe('a list of sessions', () => {
  it('merges a walk for each status in the order of the list', async () => {
    const filter = {
      status: { $in: ['INITIATED', 'ACTIVE'] },
      startedAt: { $lte: at(200) },
      $or: [{ startedAt: { $lt: at(200) } }, { _id: { $lt: new ObjectId('f'.repeat(24)) } }],
    };
    const options: FindOptions = { sort: newestFirst, limit: 11 };
    const plan = await explained(sessions, filter, options);
    expect(plan).toMatchObject({
      stages: 'LIMIT < FETCH < SORT_MERGE < IXSCAN',
      returned: 11,
      documents: 11,
    });
    expect(plan.scans.map(({ indexName }) => indexName)).toEqual(['status', 'status']);
    expect(plan.keys).toBeLessThanOrEqual(13);
    const rows = await sessions.find(filter, options).toArray();
    expect(rows.map(({ sessionId }) => sessionId)).toEqual(
      [199, 198, 196, 195, 193, 192, 190, 189, 187, 186, 184].map((n) => `s${n}`),
    );
  });

  it('walks the entries of one label, in order and within a range', async () => {
    const filter = { labels: 'user=7', startedAt: { $gt: at(20), $lt: at(260) } };
    const plan = await explained(sessions, filter, { sort: newestFirst });
    expect(plan).toMatchObject({ stages: 'FETCH < IXSCAN', returned: 12, keys: 12, documents: 12 });
  });

  it('merges the entries of several labels, and gives a session that has two of them once', async () => {
    const filter = { labels: { $in: ['user=7', 'tier=1'] } };
    const options: FindOptions = { sort: newestFirst, limit: 12 };
    const plan = await explained(sessions, filter, options);
    expect(plan.stages).toBe('LIMIT < FETCH < SORT_MERGE < IXSCAN');
    const rows = await sessions.find(filter, options).toArray();
    expect(rows.map(({ sessionId }) => sessionId)).toEqual(
      Array.from({ length: 12 }, (_, n) => `s${299 - 2 * n}`),
    );
  });

  it('walks the rarer one of two labels', async () => {
    const plan = await explained(sessions, { labels: { $all: ['tier=1', 'user=7'] } }, { sort: newestFirst });
    expect(plan).toMatchObject({ stages: 'FETCH < IXSCAN', returned: 15, keys: 15 });
  });

  it('finds out which of two filters is the rarer one', async () => {
    const plan = await explained(sessions, { status: 'ACTIVE', labels: 'user=7' }, { sort: newestFirst });
    expect(plan.scans[0]!.indexName).toBe('labels');
    expect(plan.keys).toBe(15);
  });
});

describe('many places at once', () => {
  it('seeks each of several hundred values', async () => {
    const eventId = { $in: Array.from({ length: 200 }, (_, n) => `e${n * 2}`) };
    const plan = await explained(events, { sessionId: 'a', eventId });
    expect(plan).toMatchObject({ stages: 'FETCH < IXSCAN', returned: 150, keys: 150, documents: 150 });
  });

  it('seeks each branch of an $or by bounds of its own', async () => {
    const branches = Array.from({ length: 200 }, (_, n) => ({
      sessionId: n % 2 ? 'a' : 'b',
      eventId: `e${n}`,
    }));
    const plan = await explained(events, { $or: branches });
    expect(plan).toMatchObject({ stages: 'FETCH < OR < IXSCAN', returned: 200, keys: 200, documents: 200 });
    expect(await events.find({ $or: branches }).toArray()).toHaveLength(200);
  });

  it('looks an _id up directly', async () => {
    const { _id } = (await sessions.findOne({ sessionId: 's5' }))!;
    expect(await explained(sessions, { _id })).toMatchObject({
      stages: 'FETCH < IXSCAN',
      keys: 1,
      documents: 1,
    });
  });
});

describe('counting', () => {
  const explainCount = async (query: Document) => {
    const { executionStats } = await db.command({
      explain: { count: 'events', query },
      verbosity: 'executionStats',
    });
    return {
      stages: stageNames(executionStats.executionStages),
      documents: executionStats.totalDocsExamined,
      counted: executionStats.nReturned,
    };
  };

  it('reads keys only: a range, and a range with a condition on a later component', async () => {
    expect(await explainCount({ sessionId: 'a', timestamp: { $gte: at(10), $lt: at(20) } })).toEqual({
      stages: 'COUNT < IXSCAN',
      documents: 0,
      counted: 30,
    });
    expect(await explainCount({ sessionId: 'a', type: 'bot' })).toEqual({
      stages: 'COUNT < IXSCAN',
      documents: 0,
      counted: 100,
    });
  });

  it('knows the size of a collection without reading it', async () => {
    expect(await explainCount({})).toMatchObject({ stages: 'RECORD_STORE_FAST_COUNT < EOF', documents: 0 });
    expect(await db.command({ count: 'events', skip: 100 })).toMatchObject({ n: 800 });
  });

  it('counts through an aggregation by keys too', async () => {
    const pipeline = [{ $match: { sessionId: 'a' } }, { $group: { _id: 1, n: { $sum: 1 } } }];
    const { stages } = await events.aggregate(pipeline).explain('executionStats');
    expect(stages[0].$cursor.executionStats).toMatchObject({ totalKeysExamined: 300, totalDocsExamined: 0 });
    expect(await events.countDocuments({ sessionId: 'a' })).toBe(300);
  });
});

describe('distinct values', () => {
  it('are each given once, arrays taken apart', async () => {
    expect(await events.distinct('type')).toEqual(['user', 'bot', 'system']);
    expect((await sessions.distinct('labels')).sort().slice(0, 3)).toEqual(['tier=0', 'tier=1', 'user=0']);
  });
});

describe('a hint', () => {
  it('is followed, by name or by pattern', async () => {
    const byName = await explained(events, { sessionId: 'a' }, { hint: 'stored' });
    const byPattern = await explained(events, { sessionId: 'a' }, { hint: { sessionId: 1, position: 1 } });
    expect([byName.scans[0]!.indexName, byPattern.scans[0]!.indexName]).toEqual(['stored', 'stored']);
    expect((await explained(events, { sessionId: 'a' }, { hint: { $natural: 1 } })).stages).toBe('COLLSCAN');
  });

  it('that names no index is refused', async () => {
    const query = events.find({ sessionId: 'a' }, { hint: 'nowhere' }).toArray();
    await expect(query).rejects.toMatchObject({
      code: 2,
      message: expect.stringContaining('hint provided does not correspond to an existing index'),
    });
  });
});

describe('joining', () => {
  it('gives the first rows of many sessions by one walk each, by $unionWith', async () => {
    const first = (sessionId: string) => [
      { $match: { sessionId } },
      { $sort: page },
      { $limit: 2 },
      { $project: { _id: 0, sessionId: 1, position: 1 } },
    ];
    const unions = await events
      .aggregate([...first('a'), { $unionWith: { coll: 'events', pipeline: first('c') } }])
      .toArray();
    expect(unions).toEqual(
      ['a', 'c'].flatMap((sessionId) => [1, 2].map((position) => ({ sessionId, position }))),
    );
  });
});
