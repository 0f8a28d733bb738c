import {
  AddEventDocument,
  CompleteSessionDocument,
  GetSessionsDocument,
  type GetSessionsQuery,
  type SessionFilter,
  type SessionOrder,
  UpdateSessionDocument,
} from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { newSession } from './conversation';

type Session = GetSessionsQuery['sessions']['edges'][number]['node'];

const test = useTestApp();
const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();

const page = async (variables: object) => (await test.app.execute(GetSessionsDocument, variables)).sessions;

/** The list's sessions, in pages of 7 to its end. */
async function walk(variables: object, direction: 'forward' | 'backward'): Promise<Session[]> {
  const sessions: Session[] = [];
  for (let cursor: string | null | undefined = null; ;) {
    const place = direction === 'forward' ? { first: 7, after: cursor } : { last: 7, before: cursor };
    const { edges, pageInfo } = await page({ ...variables, ...place });
    const nodes = edges.map(({ node }) => node);
    if (direction === 'forward') sessions.push(...nodes);
    else sessions.unshift(...nodes);
    if (!(direction === 'forward' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return sessions;
    cursor = direction === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
  }
}

const number = (field: 'startedAt' | 'endedAt' | 'durationMs') => (session: Session) => {
  const value = session[field]!;
  return typeof value === 'number' ? value : Date.parse(value);
};

/** Stores the session of this number. */
async function storeSession(n: number): Promise<void> {
  const sessionId = `s${n}`;
  await newSession(test.app, {
    sessionId,
    language: n % 2 === 0 ? 'en' : 'de',
    metadata: { channel: ['phone', 'web', 'app'][n % 3], n },
    startedAt: at(n),
  });
  if (n % 6 === 0) {
    const event = { sessionId, eventId: 'e', type: 'SYSTEM' as const, payload: {}, timestamp: at(100 + n) };
    await test.app.execute(AddEventDocument, { input: event });
  }
  if (n % 4 === 3) return;
  const outcome = n % 5 === 0 ? ('FAILED' as const) : ('COMPLETED' as const);
  // Several end in the same second, and several took as long as others.
  const endedAt = at(n + 10 * (1 + (n % 3)));
  const endReason = n % 4 === 0 ? undefined : ['hung-up', 'transferred'][n % 2];
  await test.app.execute(CompleteSessionDocument, { input: { sessionId, outcome, endedAt, endReason } });
}

beforeAll(async () => {
  await Promise.all(Array.from({ length: 60 }, (_, n) => storeSession(n)));
});

describe('the list of sessions in the order of', () => {
  const orders: [SessionOrder['field'], (session: Session) => number, number][] = [
    ['STARTED_AT', number('startedAt'), 60],
    ['ENDED_AT', number('endedAt'), 45],
    ['DURATION', number('durationMs'), 45],
  ];

  it.each(orders)('%s has each session once, both ways, with any ties', async (field, value, count) => {
    for (const direction of ['ASC', 'DESC'] as const) {
      const orderBy = { field, direction };
      const forward = await walk({ orderBy }, 'forward');

      expect(new Set(forward.map(({ sessionId }) => sessionId)).size).toBe(count);
      const values = forward.map(value);
      expect(values).toEqual(values.toSorted((a, b) => (direction === 'ASC' ? a - b : b - a)));
      expect(await walk({ orderBy }, 'backward')).toEqual(forward);
      expect((await page({ orderBy, first: 1 })).totalCount).toBe(count);
    }
  });

  it.each(orders)('%s takes the cursors of no other order', async (field) => {
    const { pageInfo } = await page({ first: 3, orderBy: { field } });
    for (const [other] of orders.filter(([each]) => each !== field)) {
      await expect(page({ after: pageInfo.endCursor, orderBy: { field: other } })).rejects.toMatchObject({
        errors: [{ extensions: { code: 'BAD_USER_INPUT', argument: 'after' } }],
      });
    }
  });

  it('ENDED_AT has a session from its end on', async () => {
    const sessionId = await newSession(test.app, { startedAt: at(0), language: 'eo' });
    const list = () => walk({ orderBy: { field: 'ENDED_AT' }, filter: { languages: ['eo'] } }, 'forward');
    expect(await list()).toEqual([]);

    await test.app.execute(CompleteSessionDocument, { input: { sessionId, endedAt: at(1) } });

    expect(await list()).toMatchObject([{ sessionId }]);
    await test.app.execute(UpdateSessionDocument, { input: { sessionId, language: 'la' } });
    expect(await list()).toEqual([]);
  });
});

describe('the list of sessions is filtered by', () => {
  const seconds = (session: Session) => Number(session.sessionId.slice(1));
  const ended = (session: Session) => session.endedAt !== null;
  const last = (session: Session) => (session.lastEventAt ? Date.parse(session.lastEventAt) : NaN);

  it.each<[string, SessionFilter, (session: Session) => boolean]>([
    ['ids', { sessionIds: ['s3', 's50', 's3', 'nowhere'] }, (s) => [3, 50].includes(seconds(s))],
    ['no ids', { sessionIds: [] }, () => false],
    [
      'the end',
      { endedAt: { from: at(30), to: at(50) } },
      (s) => ended(s) && s.endedAt! >= at(30) && s.endedAt! < at(50),
    ],
    ['any end', { endedAt: {} }, ended],
    ['the duration', { duration: { fromMs: 20_000, toMs: 30_000 } }, (s) => s.durationMs === 20_000],
    ['any duration', { duration: { fromMs: -5 } }, ended],
    [
      'the last event',
      { lastEventAt: { from: at(110), to: at(130) } },
      (s) => last(s) >= Date.parse(at(110)) && last(s) < Date.parse(at(130)),
    ],
    ['reasons', { endReasons: ['hung-up'] }, (s) => s.endReason === 'hung-up'],
    ['several reasons', { endReasons: ['hung-up', 'transferred', 'x'] }, (s) => s.endReason !== null],
    [
      'one of several values',
      { metadata: { channel: ['phone', 'web'] } },
      (s) => s.metadata.channel !== 'app',
    ],
    [
      'several values of several keys',
      { metadata: { channel: ['phone'], n: [0, 3, 4, '6'] } },
      (s) => [0, 3].includes(seconds(s)),
    ],
    ['no value', { metadata: { channel: [] } }, () => false],
    [
      'all at once',
      {
        statuses: ['COMPLETED', 'FAILED'],
        languages: ['en'],
        startedAt: { from: at(4) },
        endedAt: { to: at(60) },
        duration: { fromMs: 1 },
        metadata: { channel: ['phone', 'app'] },
        sessionIds: Array.from({ length: 60 }, (_, n) => `s${n}`),
        endReasons: ['hung-up'],
      },
      (s) =>
        s.language === 'en' &&
        seconds(s) >= 4 &&
        ended(s) &&
        s.endedAt! < at(60) &&
        s.metadata.channel !== 'web' &&
        s.endReason === 'hung-up',
    ],
  ])('%s, in every order', async (_, filter, isWanted) => {
    const all = await walk({ filter: { startedAt: { from: at(0), to: at(60) } } }, 'forward');
    const numbered = all.filter(({ sessionId }) => /^s\d+$/.test(sessionId));
    for (const field of ['STARTED_AT', 'ENDED_AT', 'DURATION'] as const) {
      const wanted = numbered.filter(
        (session) => isWanted(session) && (field === 'STARTED_AT' || ended(session)),
      );
      const orderBy = { field };

      const list = (await walk({ filter, orderBy }, 'forward')).filter(({ sessionId }) =>
        /^s\d+$/.test(sessionId),
      );

      expect(list.map(seconds).toSorted((a, b) => a - b)).toEqual(
        wanted.map(seconds).toSorted((a, b) => a - b),
      );
      expect(
        (await walk({ filter, orderBy }, 'backward')).filter(({ sessionId }) => /^s\d+$/.test(sessionId)),
      ).toEqual(list);
    }
  });

  it.each<[string, SessionFilter, string]>([
    ['too many ids', { sessionIds: Array.from({ length: 501 }, (_, n) => `s${n}`) }, 'filter.sessionIds'],
    ['an id that is none', { sessionIds: ['s1', ''] }, 'filter.sessionIds.1'],
    ['an empty reason', { endReasons: [''] }, 'filter.endReasons.0'],
    ['too many values', { metadata: { n: Array.from({ length: 101 }, (_, n) => n) } }, 'filter.metadata.n'],
    ['an instant that is none', { lastEventAt: { from: 'soon' } }, 'filter.lastEventAt.from'],
  ])('and refuses %s', async (_, filter, argument) => {
    await expect(page({ filter })).rejects.toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', argument } }],
    });
  });
});
