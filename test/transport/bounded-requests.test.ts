import type { GraphQLFormattedError } from 'graphql';
import { newSession, speech } from '../api/conversation';
import { AddEventDocument } from '../generated/operations';
import { repeat } from '../hostile/attack';
import { useTestApp } from '../support/test-app';

const addEvents = 'mutation ($i: AddEventsInput!) { addEvents(input: $i) { createdCount } }';
const createSession =
  'mutation ($i: CreateSessionInput!) { createSession(input: $i) { session { sessionId metadata } } }';

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

describe.each(['plain', 'auto'])('with EXECUTION=%s, sent twice,', (EXECUTION) => {
  const test = useTestApp({ EXECUTION });

  /** What comes back the second time; the same came back the first time. */
  async function twice(body: object | string): Promise<Answer & { status: number }> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const [first, second] = [await test.app.post(text), await test.app.post(text)];
    const answer = (await second.json()) as Answer;
    expect(await first.json()).toEqual(answer);
    return { ...answer, status: second.status };
  }

  it('an answer lists 50 errors in the variables, the last of which counts the others', async () => {
    const { status, errors } = await twice({
      query: addEvents,
      variables: { i: { events: Array(100).fill({}) } },
    });

    expect(status).toBe(400);
    expect(errors).toHaveLength(50);
    expect(errors?.[0]).toEqual({
      message: 'i.events[0].sessionId must be given.',
      extensions: { code: 'BAD_USER_INPUT', retryable: false, argument: 'i.events[0].sessionId' },
    });
    expect(errors?.at(-1)?.message).toBe('There are 351 more errors in the variables.');
  });

  it('an object with unknown keys is one short error', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`k${n}`.padEnd(200, 'x'), 1]));
    const { errors } = await twice({ query: addEvents, variables: { i: { events: [], ...unknown } } });

    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.message.length).toBeLessThan(150);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'i' });
  });

  it('a wrong page size below a list is one error, not one a row', async () => {
    await newSession(test.app);
    const { status, errors } = await twice({
      query: `{ sessions { nodes { ${repeat(40, (n) => `a${n}: events(first: -1) { totalCount }`)} } } }`,
    });

    expect(status).toBe(400);
    expect(errors?.map(({ extensions }) => extensions)).toEqual([
      { code: 'BAD_USER_INPUT', retryable: false, argument: 'first' },
    ]);
  });

  it('errors in rows are cut off after 50', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 60; n += 1)
      ids.push(Buffer.from(`Session ${await newSession(test.app)}`).toString('base64url'));
    const { errors } = await twice({
      query:
        'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Session { events(after: "x") { totalCount } } } }',
      variables: { ids },
    });

    expect(errors).toHaveLength(51);
    expect(errors?.[0]?.locations).toHaveLength(1);
    expect(errors?.at(-1)).toMatchObject({
      message: 'There are 10 more errors.',
      extensions: { code: 'BAD_USER_INPUT', retryable: false },
    });
  });

  it('a variable called __proto__ arrives', async () => {
    const sessionId = `proto-${EXECUTION}`;
    const { data } = await twice(
      `{"query": "mutation ($__proto__: JSONObject!) { createSession(input: {sessionId: \\"${sessionId}\\", language: \\"en\\", metadata: $__proto__}) { session { metadata } } }", "variables": {"__proto__": {"a": 1}}}`,
    );

    expect(data).toEqual({ createSession: { session: { metadata: { a: 1 } } } });
  });

  it('a text that the compiler marks its code with stays a text', async () => {
    const mark = '__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74dprocess.exit(1)';
    const { data } = await twice({
      query: `mutation { createSession(input: {sessionId: "mark-${EXECUTION}", language: "en", metadata: {a: "${mark}"}}) { session { metadata } } }`,
    });

    expect(data).toEqual({ createSession: { session: { metadata: { a: mark } } } });
  });

  it('an id that a JSON number does not keep is refused', async () => {
    const query = 'query ($id: ID!) { session(sessionId: $id) { id } }';
    const refused = await twice(`{"query": "${query}", "variables": {"id": 9007199254740993}}`);

    expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'id' });
    expect(await twice({ query, variables: { id: 9007199254740991 } })).toMatchObject({
      data: { session: null },
    });
  });

  it('null for a variable that has a default is refused where null cannot be', async () => {
    const query = 'query ($id: ID = "x") { session(sessionId: $id) { id } }';

    expect((await twice({ query, variables: { id: null } })).errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      argument: 'id',
    });
    expect(await twice({ query })).toMatchObject({ data: { session: null } });
  });

  it('a wrong instant in the text or as a default is refused', async () => {
    const inText = '{ sessions(filter: {startedAt: {from: "yesterday"}}) { totalCount } }';
    const asDefault =
      'query ($from: DateTime = "yesterday") { sessions(filter: {startedAt: {from: $from}}) { totalCount } }';

    for (const query of [inText, asDefault])
      expect((await twice({ query })).errors?.[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        argument: 'filter.startedAt.from',
      });
  });

  it('several counts with filters of their own are each right', async () => {
    await newSession(test.app);
    const { data } = await twice({
      query: `{ none: sessions(filter: {metadata: {nobody: "x"}}) { totalCount }
        open: sessions(filter: {statuses: [INITIATED, ACTIVE]}) { totalCount }
        again: sessions(filter: {metadata: {nobody: "x"}}) { totalCount } }`,
    });

    expect(data).toEqual({
      none: { totalCount: 0 },
      again: { totalCount: 0 },
      open: { totalCount: expect.any(Number) },
    });
    expect((data?.open as { totalCount: number }).totalCount).toBeGreaterThan(0);
  });

  it.each([
    [
      'fragments that double',
      `{ session(sessionId: "s") { ...f0 } } ${repeat(40, (n) => `fragment f${n} on Session { ...f${n + 1} ...f${n + 1} }`)} fragment f40 on Session { id }`,
    ],
    ['too many bytes', `{ __typename } # ${'x'.repeat(65_536)}`],
    ['too many directives in one place', `{ __typename ${'@include(if: true) '.repeat(11)} }`],
    ['too many operations', repeat(101, (n) => `query q${n} { __typename }`)],
    [
      'too many values in its answer',
      `{ sessions(first: 500) { nodes { events(first: 50) { nodes { ${repeat(11, (n) => `a${n}: id`)} } } } } }`,
    ],
    [
      'too many values in introspection',
      `{ ${repeat(40, (n) => `a${n}: __schema { types { name fields { name description args { name description type { name } } } } }`)} }`,
    ],
    [
      'too many expensive counts',
      `{ ${repeat(31, (n) => `a${n}: sessions(filter: {languages: ["en"]}) { totalCount }`)} }`,
    ],
  ])('an operation with %s is refused', async (_what, query) => {
    const { status, errors } = await twice({ query });

    expect(status).toBe(400);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'QUERY_TOO_COMPLEX', retryable: false });
  });

  it.each([
    ['nests too deep', 400, `{"query": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
    [
      'has too many values',
      413,
      `{"query": "{ __typename }", "variables": {"a": [${'1,'.repeat(300_000)}1]}}`,
    ],
  ])('a body that %s is refused', async (_what, status, body) => {
    const { errors, ...answer } = await twice(body);

    expect(answer).toEqual({ status });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('an answer that repeats what was read until it is too large is refused', async () => {
    const sessionId = await newSession(test.app);
    const text = 'x'.repeat(250 * 1024);
    for (let n = 0; n < 20; n += 1)
      await test.app.execute(AddEventDocument, { input: speech(sessionId, `e${n}`, { payload: { text } }) });
    const { data, errors } = await twice({
      query: `{ session(sessionId: "${sessionId}") { events { nodes { ${repeat(40, (n) => `a${n}: payload`)} } } } }`,
    });

    expect(data).toBeNull();
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'QUERY_TOO_COMPLEX', retryable: false });
  });

  it('metadata far beyond its limit is refused as such', async () => {
    const { errors } = await twice({
      query: createSession,
      variables: { i: { sessionId: 'large', language: 'en', metadata: { a: 'x'.repeat(5_000_000) } } },
    });

    expect(errors?.[0]).toMatchObject({
      message: 'input.metadata must be at most 16 KiB of JSON.',
      extensions: { code: 'BAD_USER_INPUT', argument: 'input.metadata' },
    });
  });
});
