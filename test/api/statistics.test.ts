import {
  AddEventsDocument,
  CompleteSessionDocument,
  GetSessionsDocument,
  type GetSessionsQuery,
  GetStatisticsDocument,
  type GetStatisticsQuery,
  type GetStatisticsQueryVariables,
  type SessionFilter,
} from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { newSession, speech } from './conversation';

type Session = GetSessionsQuery['sessions']['edges'][number]['node'];
type Group = GetStatisticsQuery['sessionStatistics'][number];

const test = useTestApp();

const statistics = async (variables: Partial<GetStatisticsQueryVariables>) =>
  (await test.app.execute(GetStatisticsDocument, { timeZone: 'UTC', ...variables })).sessionStatistics;

/** Everything there is, page by page. */
async function allSessions(filter?: SessionFilter): Promise<Session[]> {
  const sessions: Session[] = [];
  for (let after: string | null | undefined = null; ;) {
    const answer: GetSessionsQuery = await test.app.execute(GetSessionsDocument, {
      first: 500,
      after,
      filter,
    });
    const page = answer.sessions;
    sessions.push(...page.edges.map(({ node }) => node));
    if (!page.pageInfo.hasNextPage) return sessions;
    after = page.pageInfo.endCursor;
  }
}

/** The groups as a count over all sessions has them, with the key that `keyOf` makes of each. */
function countedBy(sessions: readonly Session[], keyOf: (session: Session) => object) {
  const groups = new Map<string, Session[]>();
  for (const session of sessions) {
    const key = JSON.stringify(keyOf(session));
    groups.set(key, [...(groups.get(key) ?? []), session]);
  }
  return new Map([...groups].map(([key, members]) => [key, summary(members)]));
}

function summary(members: readonly Session[]) {
  const durations = members.flatMap(({ durationMs }) => (durationMs == null ? [] : [durationMs]));
  const sorted = durations.toSorted((a, b) => a - b);
  const sumMs = durations.reduce((sum, each) => sum + each, 0);
  return {
    sessionCount: members.length,
    eventCount: members.reduce((sum, { eventCount }) => sum + eventCount, 0),
    duration: sorted.length > 0 && {
      sessionCount: sorted.length,
      sumMs,
      averageMs: sumMs / sorted.length,
      minMs: sorted[0],
      maxMs: sorted[sorted.length - 1],
    },
    percentile: (p: number) => sorted[Math.ceil((p / 100) * sorted.length) - 1]!,
  };
}

function expectCounted(
  groups: readonly Group[],
  expected: ReturnType<typeof countedBy>,
  keyOf: (group: Group) => object,
) {
  expect(groups.map((group) => JSON.stringify(keyOf(group))).toSorted()).toEqual(
    [...expected.keys()].toSorted(),
  );
  for (const group of groups) {
    const { percentile, duration, ...counts } = expected.get(JSON.stringify(keyOf(group)))!;
    expect(group).toMatchObject(counts);
    if (!duration) {
      expect(group.duration).toBeNull();
      continue;
    }
    expect(group.duration).toMatchObject(duration);
    const { p50Ms, p90Ms, p95Ms, p99Ms } = group.duration!;
    for (const [percent, value] of [
      [50, p50Ms],
      [90, p90Ms],
      [95, p95Ms],
      [99, p99Ms],
    ] as const) {
      expect(Math.abs(value - percentile(percent))).toBeLessThanOrEqual(0.02 * percentile(percent));
    }
  }
}

/** Local time of a zone, as ISO text, without any of the code under test. */
function localTime(instant: string, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(
    new Date(instant),
  );
}

// Around both changes of the clocks in Europe, a turn of the year, and a leap day.
const starts = [
  '2024-02-28T20:00:00Z',
  '2024-03-30T20:00:00Z',
  '2024-10-26T20:00:00Z',
  '2024-12-31T18:00:00Z',
];

/** Stores the session of this number. */
async function storeSession(n: number, startedAt: number): Promise<void> {
  const sessionId = await newSession(test.app, {
    language: ['en', 'de', 'pt-BR'][n % 3],
    metadata: {
      ...[{ channel: 'phone' }, { channel: 'web' }, { channel: 7 }, {}, { channel: { deep: 1 } }][n % 5],
      n,
    },
    startedAt: new Date(startedAt).toISOString(),
  });
  if (n % 7 === 0) {
    const events = Array.from({ length: n % 4 }, (_, e) => speech(sessionId, `e${e}`));
    if (events.length > 0) await test.app.execute(AddEventsDocument, { input: { events } });
  }
  if (n % 6 === 0) return;
  const durationMs = n % 11 === 0 ? 0 : Math.round(1000 * 1.05 ** (n % 200));
  await test.app.execute(CompleteSessionDocument, {
    input: {
      sessionId,
      outcome: n % 5 === 0 ? ('FAILED' as const) : ('COMPLETED' as const),
      endedAt: new Date(startedAt + durationMs).toISOString(),
      endReason: n % 4 === 0 ? undefined : ['hung-up', 'transferred'][n % 2],
    },
  });
}

beforeAll(async () => {
  const instants = starts.flatMap((start) =>
    Array.from({ length: Math.ceil((36 * 60) / 25) }, (_, index) => Date.parse(start) + index * 25 * 60_000),
  );
  await Promise.all(instants.map((startedAt, index) => storeSession(index + 1, startedAt)));
}, 120_000);

describe('sessionStatistics', () => {
  let sessions: Session[];
  beforeAll(async () => {
    sessions = await allSessions();
    expect(sessions.length).toBeGreaterThan(300);
  });

  it('counts all sessions as one group', async () => {
    expectCounted(
      await statistics({}),
      countedBy(sessions, () => ({})),
      () => ({}),
    );
  });

  it.each([
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'America/Argentina/Buenos_Aires',
  ])('counts by day and month, as the clocks of %s have them', async (timeZone) => {
    for (const [startedAt, length] of [
      ['DAY', 10],
      ['MONTH', 7],
    ] as const) {
      const groups = await statistics({ groupBy: { startedAt }, timeZone });
      const keyOf = (instant: string) => ({ local: localTime(instant, timeZone).slice(0, length) });

      expectCounted(
        groups,
        countedBy(sessions, (s) => keyOf(s.startedAt)),
        (g) => keyOf(g.startedAt!),
      );
      for (const group of groups) {
        const begin = localTime(group.startedAt!, timeZone);
        expect(begin.slice(length)).toBe(startedAt === 'DAY' ? ' 00:00:00' : '-01 00:00:00');
      }
      expect(groups.map((g) => g.startedAt!)).toEqual(groups.map((g) => g.startedAt!).toSorted());
    }
  });

  it('counts by hour: the hour that comes twice is two, and the one that does not come is none', async () => {
    for (const timeZone of ['Europe/Berlin', 'UTC']) {
      const groups = await statistics({ groupBy: { startedAt: 'HOUR' }, timeZone });
      // Whole hours away from UTC, now and then.
      const hour = (instant: string) => ({
        hour: `${new Date(instant).toISOString().slice(0, 13)}:00:00.000Z`,
      });

      expectCounted(
        groups,
        countedBy(sessions, (s) => hour(s.startedAt)),
        (g) => ({ hour: g.startedAt }),
      );
    }
  });

  it('counts by hour where clocks change by half an hour', async () => {
    const timeZone = 'Australia/Lord_Howe';
    const groups = await statistics({ groupBy: { startedAt: 'HOUR' }, timeZone });

    expect(groups.reduce((sum, { sessionCount }) => sum + sessionCount, 0)).toBe(sessions.length);
    for (const group of groups) {
      expect(['00:00', '30:00']).toContain(localTime(group.startedAt!, timeZone).slice(14));
    }
  });

  it('counts by week, from Monday to Monday', async () => {
    const timeZone = 'America/New_York';
    const groups = await statistics({ groupBy: { startedAt: 'WEEK' }, timeZone });
    const monday = (instant: string) => {
      const day = new Date(`${localTime(instant, timeZone).slice(0, 10)}T00:00:00Z`);
      day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
      return { monday: day.toISOString().slice(0, 10) };
    };

    expectCounted(
      groups,
      countedBy(sessions, (s) => monday(s.startedAt)),
      (g) => monday(g.startedAt!),
    );
    for (const { startedAt } of groups) {
      expect(localTime(startedAt!, timeZone)).toBe(`${monday(startedAt!).monday} 00:00:00`);
    }
  });

  it('counts by status, language, reason and a key of the metadata, each alone and all at once', async () => {
    const channelOf = ({ metadata }: { metadata?: unknown }) => {
      const { channel } = metadata as { channel?: unknown };
      return channel === undefined || typeof channel === 'object' ? {} : { channel };
    };
    const ofStatus = ({ status }: Pick<Session, 'status'>) => ({ status });
    const ofLanguage = ({ language }: Pick<Session, 'language'>) => ({ language });
    const ofReason = ({ endReason }: { endReason?: string | null }) => ({ endReason });
    const all = (s: Session) => ({ ...ofStatus(s), ...ofLanguage(s), ...ofReason(s), ...channelOf(s) });

    const byStatus = await statistics({ groupBy: { status: true } });
    expectCounted(byStatus, countedBy(sessions, ofStatus), (g) => ({ status: g.status }));
    const byLanguage = await statistics({ groupBy: { language: true } });
    expectCounted(byLanguage, countedBy(sessions, ofLanguage), (g) => ({ language: g.language }));
    const byReason = await statistics({ groupBy: { endReason: true } });
    expectCounted(byReason, countedBy(sessions, ofReason), ofReason);
    const byChannel = await statistics({ groupBy: { metadataKey: 'channel' } });
    expectCounted(byChannel, countedBy(sessions, channelOf), (g) => channelOf(g as { metadata: unknown }));
    expect(byChannel.map(({ metadata }) => metadata)).toContainEqual({});

    const groupBy = { status: true, language: true, endReason: true, metadataKey: 'channel' };
    const groups = await statistics({ groupBy });
    expectCounted(groups, countedBy(sessions, all), (g) => all(g as unknown as Session));
    expect(groups.map((g) => g.sessionCount)).toEqual(
      groups.map((g) => g.sessionCount).toSorted((a, b) => b - a),
    );
    expect(groups.every(({ startedAt }) => startedAt === null)).toBe(true);
  });

  it.each<[string, SessionFilter]>([
    ['time', { startedAt: { from: starts[1], to: starts[2] } }],
    ['status and language', { statuses: ['FAILED', 'COMPLETED'], languages: ['de'] }],
    ['end and duration', { endedAt: { from: starts[1] }, duration: { fromMs: 2000, toMs: 500_000 } }],
    ['metadata', { metadata: { channel: ['phone', 7] } }],
    ['reason', { endReasons: ['hung-up'] }],
    ['the last event', { lastEventAt: { from: starts[0] } }],
  ])('counts only what a filter by %s finds', async (_, filter) => {
    const wanted = await allSessions(filter);
    expect(wanted.length).toBeGreaterThan(5);
    const key = ({ status, language }: { status?: unknown; language?: unknown }) => ({ status, language });

    const groups = await statistics({ filter, groupBy: { status: true, language: true } });

    expectCounted(groups, countedBy(wanted, key), key);
  });

  it('has one empty group where there is nothing to count, and none where there is nothing to group', async () => {
    const filter = { languages: ['tlh'] };
    expect(await statistics({ filter })).toEqual([
      expect.objectContaining({ sessionCount: 0, eventCount: 0, duration: null, status: null }),
    ]);
    expect(await statistics({ filter, groupBy: { status: true } })).toEqual([]);
  });

  it('tells values of the metadata apart that are long, or that only text can hold', async () => {
    const language = 'vo';
    const values = ['x'.repeat(300), 'y'.repeat(300), 'short', '\ud800', null, true, 1, '1', ''];
    const key = 'a.b=%$';
    for (const value of values) {
      // Metadata with such a key of its own is stored as text.
      for (const more of [{}, { $ref: 1 }])
        await newSession(test.app, { language, metadata: { [key]: value, ...more } });
    }
    await newSession(test.app, { language, metadata: { $ref: 'x'.repeat(300) } });
    await newSession(test.app, { language, metadata: { other: 'x'.repeat(300) } });

    const groups = await statistics({ filter: { languages: [language] }, groupBy: { metadataKey: key } });

    const byValue = new Map(
      groups.map(({ metadata, sessionCount }) => [JSON.stringify(metadata), sessionCount]),
    );
    expect(byValue).toEqual(
      new Map([...values.map((value) => [JSON.stringify({ [key]: value }), 2] as const), ['{}', 2]]),
    );
    for (const { metadata } of groups.filter(({ metadata }) => Object.keys(metadata!).length > 0)) {
      const found = await allSessions({ languages: [language], metadata });
      expect(found).toHaveLength(2);
    }
  });

  it.each(['Europe/Atlantis', '+01:00', '', 'UTC; drop'])('knows no time zone %p', async (timeZone) => {
    await expect(statistics({ groupBy: { startedAt: 'DAY' }, timeZone })).rejects.toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', argument: 'timeZone' } }],
    });
  });

  it('refuses more than a thousand groups', async () => {
    const filter = { languages: ['eo'] };
    const many = Array.from({ length: 1001 }, (_, n) => n);
    for (let from = 0; from < many.length; from += 100) {
      const sent = many.slice(from, from + 100);
      await Promise.all(sent.map((n) => newSession(test.app, { language: 'eo', metadata: { n } })));
    }

    await expect(statistics({ filter, groupBy: { metadataKey: 'n' } })).rejects.toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
    });
    const groups = await statistics({
      filter: { ...filter, metadata: { n: [1, 2] } },
      groupBy: { metadataKey: 'n' },
    });
    expect(groups.map(({ metadata }) => metadata)).toEqual([{ n: 1 }, { n: 2 }]);
  });
});
