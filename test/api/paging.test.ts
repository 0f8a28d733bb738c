import {
  type EventFilter,
  GetEventsDocument,
  type GetEventsQueryVariables,
  GetSessionsDocument,
  type GetSessionsQueryVariables,
} from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { addMany, newId, newSession } from './conversation';

const test = useTestApp();

const pageOfEvents = async (variables: GetEventsQueryVariables) =>
  (await test.app.execute(GetEventsDocument, variables)).session!.events;

const pageOfSessions = async (variables: GetSessionsQueryVariables) =>
  (await test.app.execute(GetSessionsDocument, variables)).sessions;

/** Every event's id, page by page to the end. */
async function walkEvents(
  sessionId: string,
  size: number,
  direction: 'forward' | 'backward',
  filter?: EventFilter,
) {
  const ids: string[] = [];
  for (let cursor: string | null | undefined = null; ;) {
    const at = direction === 'forward' ? { first: size, after: cursor } : { last: size, before: cursor };
    const { edges, pageInfo } = await pageOfEvents({ sessionId, filter, ...at });
    const page = edges.map(({ node }) => node.eventId);
    if (direction === 'forward') ids.push(...page);
    else ids.unshift(...page);
    expect(pageInfo.startCursor).toBe(edges[0]?.cursor ?? null);
    expect(pageInfo.endCursor).toBe(edges[edges.length - 1]?.cursor ?? null);
    if (!(direction === 'forward' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return ids;
    cursor = direction === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
  }
}

const ids = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `e${from + index}`);

describe("a session's events", () => {
  let ofOneMillisecond: string;
  let minuteByMinute: string;
  const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString();

  beforeAll(async () => {
    ofOneMillisecond = await newSession(test.app);
    await addMany(test.app, ofOneMillisecond, 200);
    minuteByMinute = await newSession(test.app);
    // Sent latest first: the conversation is ordered by time, not by arrival.
    await addMany(test.app, minuteByMinute, 60, (n) => minute(60 - n));
  });

  it.each(['forward', 'backward'] as const)(
    'are read %s in pages of 7 where all share one millisecond',
    async (direction) => {
      expect(await walkEvents(ofOneMillisecond, 7, direction)).toEqual(ids(1, 200));
    },
  );

  it('come in the order of the conversation', async () => {
    expect(await walkEvents(minuteByMinute, 25, 'forward')).toEqual(ids(1, 60).reverse());
    expect(await walkEvents(minuteByMinute, 25, 'backward')).toEqual(ids(1, 60).reverse());
  });

  it('come fifty at a time where no size is asked for', async () => {
    const { edges, totalCount, pageInfo } = await pageOfEvents({ sessionId: ofOneMillisecond });

    expect(edges.map(({ node }) => node.eventId)).toEqual(ids(1, 50));
    expect(totalCount).toBe(200);
    expect(pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  });

  it('hold still while events arrive', async () => {
    const sessionId = await newSession(test.app);
    await addMany(test.app, sessionId, 10);
    const first = await pageOfEvents({ sessionId, first: 5 });
    await addMany(test.app, sessionId, 20);

    const second = await pageOfEvents({ sessionId, first: 5, after: first.pageInfo.endCursor });

    expect(second.edges.map(({ node }) => node.eventId)).toEqual(ids(6, 10));
    expect(second.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
  });

  it('lie between two cursors', async () => {
    const { edges } = await pageOfEvents({ sessionId: ofOneMillisecond, first: 20 });
    const [after, before] = [edges[4]!.cursor, edges[9]!.cursor];

    const forward = await pageOfEvents({ sessionId: ofOneMillisecond, first: 10, after, before });
    const backward = await pageOfEvents({ sessionId: ofOneMillisecond, last: 2, after, before });

    expect(forward.edges.map(({ node }) => node.eventId)).toEqual(ids(6, 9));
    expect(forward.pageInfo.hasNextPage).toBe(false);
    expect(backward.edges.map(({ node }) => node.eventId)).toEqual(ids(8, 9));
    expect(backward.pageInfo.hasPreviousPage).toBe(true);
  });

  it.each<[string, EventFilter, number]>([
    ['type', { types: ['BOT_SPEECH'] }, 30],
    ['several types, one of them twice', { types: ['BOT_SPEECH', 'SYSTEM', 'BOT_SPEECH'] }, 30],
    ['no type at all', { types: [] }, 0],
    ['the beginning of a range, which is included', { timestamp: { from: minute(50) } }, 10],
    ['the end of a range, which is not', { timestamp: { to: minute(10) } }, 10],
    ['both ends and a type', { timestamp: { from: minute(10), to: minute(20) }, types: ['USER_SPEECH'] }, 5],
    ['nulls, which are no filter', { types: null, timestamp: { from: null, to: null } }, 60],
    ['a range that ends before it begins', { timestamp: { from: minute(20), to: minute(10) } }, 0],
  ])('are filtered by %s', async (_, filter, count) => {
    const { totalCount } = await pageOfEvents({ sessionId: minuteByMinute, filter });

    expect(totalCount).toBe(count);
    expect(await walkEvents(minuteByMinute, 4, 'forward', filter)).toHaveLength(count);
    expect(await walkEvents(minuteByMinute, 4, 'backward', filter)).toHaveLength(count);
  });

  it.each<[string, Omit<GetEventsQueryVariables, 'sessionId'>, string]>([
    ['both sizes', { first: 1, last: 1 }, 'last'],
    ['a size of zero', { first: 0 }, 'first'],
    ['a negative size', { last: -1 }, 'last'],
    ['a size over the limit', { first: 501 }, 'first'],
    ['a cursor that is none', { after: 'made up' }, 'after'],
    ['an empty cursor', { before: '' }, 'before'],
    ['a cursor of its own making', { before: Buffer.alloc(18, 7).toString('base64url') }, 'before'],
  ])('are refused with %s', async (_, page, argument) => {
    await expect(pageOfEvents({ sessionId: minuteByMinute, ...page })).rejects.toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', argument, retryable: false } }],
    });
  });

  it('are refused with a cursor of another session, or of the list of sessions', async () => {
    const other = (await pageOfEvents({ sessionId: ofOneMillisecond, first: 1 })).pageInfo.endCursor;
    const sessions = (await pageOfSessions({ first: 1 })).pageInfo.endCursor;

    for (const after of [other, sessions]) {
      await expect(pageOfEvents({ sessionId: minuteByMinute, after })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
      });
    }
  });
});

describe('sessions', () => {
  const caller = newId('user');
  const start = (n: number) => new Date(Date.UTC(2026, 0, 1 + Math.floor(n / 5))).toISOString();

  beforeAll(async () => {
    for (let n = 0; n < 30; n += 1) {
      await newSession(test.app, {
        language: n % 3 === 0 ? 'de' : 'en-GB',
        startedAt: start(n),
        metadata: { caller, n, even: n % 2 === 0, line: n < 3 ? null : 'a=b%', parts: [n] },
      });
    }
  });

  /** The `n` of every session that matches, page by page. */
  async function walk(variables: GetSessionsQueryVariables, direction: 'forward' | 'backward') {
    const found: unknown[] = [];
    for (let cursor: string | null | undefined = null; ;) {
      const at = direction === 'forward' ? { first: 4, after: cursor } : { last: 4, before: cursor };
      const { edges, pageInfo } = await pageOfSessions({ ...variables, ...at });
      const page = edges.map(({ node }) => node.metadata.n);
      if (direction === 'forward') found.push(...page);
      else found.unshift(...page);
      if (!(direction === 'forward' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return found;
      cursor = direction === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
    }
  }

  it.each([
    ['the latest first', 'DESC' as const, 29],
    ['the earliest first', 'ASC' as const, 0],
  ])('come %s, forwards and backwards alike, with five of each instant', async (_, direction, first) => {
    const variables = { filter: { metadata: { caller } }, orderBy: { direction } };

    const forward = await walk(variables, 'forward');

    expect(forward).toHaveLength(30);
    expect(new Set(forward).size).toBe(30);
    expect(forward[0]).toBe(first);
    expect(await walk(variables, 'backward')).toEqual(forward);
  });

  it('come the latest first where no order is asked for', async () => {
    const filter = { metadata: { caller } };

    expect(await walk({ filter }, 'forward')).toEqual(await walk({ filter, orderBy: {} }, 'forward'));
    expect((await walk({ filter }, 'forward'))[0]).toBe(29);
  });

  it.each<[string, GetSessionsQueryVariables['filter'], number]>([
    ['a number', { metadata: { caller, n: 7 } }, 1],
    ['a number as text, which is something else', { metadata: { caller, n: '7' } }, 0],
    ['a boolean', { metadata: { caller, even: true } }, 15],
    ['null', { metadata: { caller, line: null } }, 3],
    ['a text with the marks of labels in it', { metadata: { caller, line: 'a=b%' } }, 27],
    ['a key that no session has', { metadata: { caller, other: null } }, 0],
    ['a language in any spelling', { metadata: { caller }, languages: ['EN-gb'] }, 20],
    ['several languages', { metadata: { caller }, languages: ['de', 'en-GB', 'de'] }, 30],
    ['a status', { metadata: { caller }, statuses: ['INITIATED'] }, 30],
    ['other statuses', { metadata: { caller }, statuses: ['ACTIVE', 'COMPLETED', 'FAILED'] }, 0],
    ['a range', { metadata: { caller }, startedAt: { from: start(5), to: start(15) } }, 10],
    [
      'everything at once',
      {
        metadata: { caller, even: false },
        languages: ['de'],
        startedAt: { from: start(5) },
        statuses: ['INITIATED'],
      },
      4,
    ],
  ])('are filtered by %s', async (_, filter, count) => {
    const { totalCount } = await pageOfSessions({ filter });

    expect(totalCount).toBe(count);
    expect(await walk({ filter }, 'forward')).toHaveLength(count);
    expect(await walk({ filter, orderBy: { direction: 'ASC' } }, 'backward')).toHaveLength(count);
  });

  it('are counted without a filter', async () => {
    const before = (await pageOfSessions({ first: 1 })).totalCount;
    await newSession(test.app);

    expect((await pageOfSessions({ first: 1 })).totalCount).toBe(before + 1);
  });

  it.each<[string, GetSessionsQueryVariables, string]>([
    ['a metadata value that is no scalar', { filter: { metadata: { parts: {} } } }, 'filter.metadata.parts'],
    ['a list of such values', { filter: { metadata: { parts: [1, [2]] } } }, 'filter.metadata.parts'],
    ['a language that is none', { filter: { languages: ['en', 'not a language'] } }, 'filter.languages.1'],
    ['a date that is none', { filter: { startedAt: { to: '2026-02-30T00:00:00Z' } } }, 'filter.startedAt.to'],
    ['a size over the limit', { last: 501 }, 'last'],
  ])('are refused with %s', async (_, variables, argument) => {
    await expect(pageOfSessions(variables)).rejects.toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', argument } }],
    });
  });

  it('are refused with a cursor of the other order', async () => {
    const { pageInfo } = await pageOfSessions({ first: 1 });

    await expect(
      pageOfSessions({ after: pageInfo.endCursor, orderBy: { direction: 'ASC' } }),
    ).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});
