import { SessionStatus } from '../../src/store/session-status';
import { openStore } from '../../src/store/store';
import { type Monitored, openMonitored } from './monitored-database';

const count = 2500;
const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000);

describe('sessions that an earlier version has stored', () => {
  let api: Monitored;

  beforeAll(async () => {
    api = await openMonitored();
    const sessions = api.db.collection('sessions');
    // As version 0.1.0 began: without the indexes and the fields that came later.
    const { key, name, partialFilterExpression } = (await sessions.indexes()).find(
      (index) => index.name === 'durationMs_-1__id_-1',
    )!;
    expect({ key, partialFilterExpression }).toMatchObject({ key: { durationMs: -1, _id: -1 } });
    await sessions.dropIndex(name!);
    const rows = Array.from({ length: count }, (_, n) => ({
      sessionId: `old-${n}`,
      status: n % 5 === 0 ? SessionStatus.ACTIVE : SessionStatus.COMPLETED,
      language: 'en',
      metadata: { n },
      labels: [`n=${n}`],
      startedAt: at(n),
      endedAt: n % 5 === 0 ? null : at(n + 1 + (n % 7)),
      eventCount: 0,
      lastEventAt: null,
    }));
    await sessions.insertMany(rows);
    await openStore(api.connection);
  }, 60_000);
  afterAll(() => api.close());

  const ended = Array.from({ length: count }, (_, n) => n).filter((n) => n % 5 !== 0);

  it('are in the lists by end and duration, with their durations', async () => {
    for (const field of ['DURATION', 'ENDED_AT']) {
      const { data } = await api.run(
        `{ sessions(first: 500 orderBy: { field: ${field}, direction: ASC }) { totalCount nodes { sessionId durationMs endReason } } }`,
      );
      expect(data.sessions.totalCount).toBe(ended.length);
      expect(data.sessions.nodes).toHaveLength(500);
    }
    const { data } = await api.run(
      '{ sessions(first: 1 filter: { sessionIds: ["old-6"] }) { nodes { durationMs endReason endedAt } } }',
    );
    expect(data.sessions.nodes).toEqual([
      { durationMs: 7000, endReason: null, endedAt: at(13).toISOString() },
    ]);
  });

  it('are counted with their durations', async () => {
    const { data } = await api.run(
      '{ sessionStatistics { sessionCount duration { sessionCount sumMs maxMs } } }',
    );

    const sumMs = ended.reduce((sum, n) => sum + 1000 * (1 + (n % 7)), 0);
    expect(data.sessionStatistics).toEqual([
      { sessionCount: count, duration: { sessionCount: ended.length, sumMs, maxMs: 7000 } },
    ]);
  });

  it('can be updated and ended', async () => {
    const { data } = await api.run(
      `mutation { updateSession(input: { sessionId: "old-0", setMetadata: { a: 1 } }) { updated session { metadata } }
        completeSession(input: { sessionId: "old-5", endReason: "late" }) { session { status endReason } } }`,
    );

    expect(data.updateSession).toEqual({ updated: true, session: { metadata: { n: 0, a: 1 } } });
    expect(data.completeSession.session).toEqual({ status: 'COMPLETED', endReason: 'late' });
  });
});

it('statistics that would take too long are refused with advice', async () => {
  const api = await openMonitored({ READ_TIMEOUT_MS: '10' });
  try {
    const sessions = api.db.collection('sessions');
    for (let from = 0; from < 16_000; from += 4000) {
      const rows = Array.from({ length: 4000 }, (_, n) => ({
        sessionId: `s${from + n}`,
        status: SessionStatus.INITIATED,
        language: 'en',
        metadata: {},
        labels: [`n=${n}`],
        startedAt: at(from + n),
        endedAt: null,
        eventCount: 0,
        lastEventAt: null,
      }));
      await sessions.insertMany(rows);
    }

    await expect(
      api.run('{ sessionStatistics(groupBy: { startedAt: DAY, metadataKey: "n" }) { sessionCount } }'),
    ).rejects.toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
      message: expect.stringContaining('range of startedAt'),
    });
  } finally {
    await api.close();
  }
}, 60_000);

it('reads are answered without the indexes that they are meant to walk, until these are built', async () => {
  const api = await openMonitored();
  try {
    for (const n of [1, 2, 3]) {
      await api.services.sessions.create({ sessionId: `s${n}`, language: 'en', startedAt: at(n) });
      await api.services.events.add({
        sessionId: `s${n}`,
        eventId: 'e',
        type: 'SYSTEM' as never,
        payload: {},
      });
      await api.services.sessions.complete({ sessionId: `s${n}`, outcome: SessionStatus.COMPLETED });
    }
    for (const collection of [api.db.collection('sessions'), api.db.collection('events')])
      for (const { name, unique } of await collection.indexes())
        if (name !== '_id_' && unique !== true) await collection.dropIndex(name!);

    const { data } = await api.run(`{
      sessions(orderBy: { field: ENDED_AT }) { nodes { sessionId events { nodes { eventId } } } }
      sessionStatistics(timeZone: "Europe/Berlin", groupBy: { startedAt: DAY }) { sessionCount }
      session(sessionId: "s1") { events { nodes { eventId } } }
    }`);

    expect(data.sessions.nodes.map(({ sessionId }: { sessionId: string }) => sessionId).sort()).toEqual([
      's1',
      's2',
      's3',
    ]);
    expect(data.sessionStatistics).toEqual([{ sessionCount: 3 }]);
    expect(data.session.events.nodes).toEqual([{ eventId: 'e' }]);
  } finally {
    await api.close();
  }
});
