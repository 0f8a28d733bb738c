import { SessionStatus } from '../../src/store/session-status';
import { type Command, type Monitored, openMonitored } from './monitored-database';
import { summarize } from './query-plan';

const sessionCount = 400;
const eventCount = 1200;
const at = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString();

type Stages = Record<string, object>[];

/** A union is as many walks as it has members, each of which is a find. */
function walksOf(command: Command): Command[] {
  const pipeline = (command.pipeline ?? []) as Stages;
  const unions = pipeline.flatMap(({ $unionWith }) =>
    $unionWith ? [$unionWith as { coll: string; pipeline: Stages }] : [],
  );
  if (unions.length === 0) return [command];
  const own = { coll: command.aggregate as string, pipeline, hint: command.hint };
  return [own, ...unions].map(({ coll, pipeline: stages, ...hint }): Command => {
    const [filter, sort, limit, projection] = ['$match', '$sort', '$limit', '$project'].map(
      (name) => stages.find((stage) => name in stage)?.[name],
    );
    const find = { find: coll, filter, sort, limit, projection, ...hint };
    return Object.fromEntries(Object.entries(find).filter(([, value]) => value !== undefined));
  });
}

describe('the database answers by walking an index', () => {
  let api: Monitored;

  beforeAll(async () => {
    api = await openMonitored();
    const numbers = Array.from({ length: sessionCount }, (_, n) => n);
    await Promise.all(
      numbers.map((n) =>
        api.services.sessions.create({
          sessionId: `s${n}`,
          language: n % 10 === 0 ? 'de' : 'en',
          metadata: { userId: `user-${n % 20}`, channel: n % 2 === 0 ? 'phone' : 'web' },
          startedAt: new Date(at(n)),
        }),
      ),
    );
    const outcome = SessionStatus.COMPLETED;
    await Promise.all(
      numbers
        .filter((n) => n % 10 === 0)
        .map((n) => api.services.sessions.complete({ sessionId: `s${n}`, outcome })),
    );
    for (let from = 0; from < eventCount; from += 400) {
      await api.run('mutation ($input: AddEventsInput!) { addEvents(input: $input) { rejectedCount } }', {
        input: {
          events: Array.from({ length: 400 }, (_, index) => ({
            sessionId: `s${1 + ((from + index) % 3)}`,
            eventId: `e${from + index}`,
            type: index % 4 === 0 ? 'BOT_SPEECH' : 'USER_SPEECH',
            payload: { n: index },
            timestamp: at(Math.floor((from + index) / 6)),
          })),
        },
      });
    }
  });
  afterAll(() => api.close());

  /** The documents and keys that the operation's reads looked at, and what they returned; all of it by indexes. */
  async function examine(source: string, variables: Record<string, unknown> = {}) {
    const { data, commands } = await api.run(source, variables);
    const totals = { returned: 0, documents: 0, keys: 0 };
    for (const walk of commands.flatMap(walksOf)) {
      const plan = summarize(await api.explain(walk));
      expect([...plan.stages]).not.toContain('COLLSCAN');
      expect([...plan.stages]).not.toContain('SORT');
      totals.returned += plan.returned;
      totals.documents += plan.docsExamined;
      totals.keys += plan.keysExamined;
    }
    return { data, ...totals };
  }

  const page = '{ nodes { sessionId status metadata } pageInfo { endCursor startCursor hasNextPage } }';

  it.each([
    ['in the default order', ''],
    ['the earliest first', 'orderBy: { direction: ASC }'],
    ['by status', 'filter: { statuses: [COMPLETED] }'],
    ['by status, the earliest first', 'filter: { statuses: [INITIATED] } orderBy: { direction: ASC }'],
    ['by several statuses', 'filter: { statuses: [INITIATED, ACTIVE, COMPLETED] }'],
    ['by language', 'filter: { languages: ["de"] }'],
    ['by metadata', 'filter: { metadata: { userId: "user-3" } }'],
    [
      'by metadata, the earliest first',
      'filter: { metadata: { userId: "user-3" } } orderBy: { direction: ASC }',
    ],
    ['by when they started', `filter: { startedAt: { from: "${at(50)}", to: "${at(150)}" } }`],
  ])('for sessions %s, page after page, forwards and backwards', async (_, args) => {
    const forward = await examine(`{ sessions(first: 5 ${args}) ${page} }`);
    const after = `after: "${forward.data.sessions.pageInfo.endCursor}"`;
    const next = await examine(`{ sessions(first: 5 ${after} ${args}) ${page} }`);
    const before = `before: "${next.data.sessions.pageInfo.endCursor}"`;
    const back = await examine(`{ sessions(last: 5 ${before} ${args}) ${page} }`);

    for (const { data, returned, documents, keys } of [forward, next, back]) {
      expect(data.sessions.nodes).toHaveLength(5);
      // MongoDB fetches the row of the cursor itself before it leaves it out.
      expect(documents).toBeLessThanOrEqual(returned + (data === forward.data ? 0 : 1));
      expect(keys).toBeLessThanOrEqual(2 * returned);
    }
  });

  it('for sessions by several filters at once, without looking at all of them', async () => {
    const { data, documents } = await examine(
      `{ sessions(first: 5 filter: { metadata: { userId: "user-0", channel: "phone" }, languages: ["de"], statuses: [COMPLETED] }) ${page} }`,
    );

    expect(data.sessions.nodes).toHaveLength(5);
    expect(documents).toBeLessThanOrEqual(sessionCount / 10);
  });

  it.each([
    ['', 100],
    ['first: 30', 30],
    ['last: 30', 30],
    [`filter: { timestamp: { from: "${at(20)}" } } first: 30`, 30],
    [`filter: { timestamp: { from: "${at(20)}", to: "${at(100)}" } } last: 30`, 30],
  ])("for a session's events with (%s)", async (args) => {
    const { data, returned, documents, keys } = await examine(
      `{ session(sessionId: "s1") { events${args && `(${args})`} { nodes { payload } pageInfo { endCursor } } } }`,
    );

    expect(data.session.events.nodes.length).toBeGreaterThanOrEqual(30);
    expect(documents).toBeLessThanOrEqual(returned);
    expect(keys).toBeLessThanOrEqual(returned + 2);
  });

  it('for a page deep in a session as for the first one', async () => {
    const { data } = await examine(
      '{ session(sessionId: "s1") { events(last: 40) { pageInfo { startCursor } } } }',
    );
    const { startCursor } = data.session.events.pageInfo;

    const deep = await examine(
      `{ session(sessionId: "s1") { events(first: 20 after: "${startCursor}") { nodes { payload } } } }`,
    );

    expect(deep.returned).toBe(1 + 21);
    // The two ties on the first instant are walked again, by MongoDB to the documents.
    expect(deep.documents).toBeLessThanOrEqual(deep.returned + 2);
    expect(deep.keys).toBeLessThanOrEqual(deep.returned + 4);
  });

  it('for events by type, decided in the index before a document is read', async () => {
    const { data, returned, documents } = await examine(
      '{ session(sessionId: "s1") { events(first: 20 filter: { types: [BOT_SPEECH] }) { nodes { type payload } } } }',
    );

    expect(data.session.events.nodes).toHaveLength(20);
    // Fewer where the index holds all that is asked of the session.
    expect(documents).toBeLessThanOrEqual(returned);
  });

  it('for the events of many sessions at once', async () => {
    const { data, returned, documents } = await examine(
      `{ sessions(first: 50 orderBy: { direction: ASC }) { nodes { sessionId events(first: 10) { nodes { payload } } } } }`,
    );

    expect(data.sessions.nodes[1].events.nodes).toHaveLength(10);
    expect(documents).toBeLessThanOrEqual(returned);
  });

  it('for counts, without reading documents', async () => {
    const { data, documents, keys } = await examine(
      `{ session(sessionId: "s1") { events(filter: { types: [BOT_SPEECH], timestamp: { to: "${at(100)}" } }) { totalCount } } }`,
    );

    expect(data.session.events.totalCount).toBe(50);
    expect(documents).toBe(1);
    expect(keys).toBeLessThanOrEqual(204);
  });

  it.each(['statuses: [COMPLETED]', 'languages: ["de"]', 'metadata: { userId: "user-3" }'])(
    'for the count of sessions by %s',
    async (filter) => {
      const { data, keys } = await examine(`{ sessions(filter: { ${filter} }) { totalCount } }`);

      expect(keys).toBeLessThanOrEqual(data.sessions.totalCount + 1);
    },
  );

  it('for single events and nodes', async () => {
    const id = Buffer.from('Event s1 e3').toString('base64url');
    const { returned, documents, keys } = await examine(
      `{ event(sessionId: "s1", eventId: "e3") { payload } node(id: "${id}") { ... on Event { payload } } }`,
    );

    expect(documents).toBeLessThanOrEqual(returned);
    expect(keys).toBe(returned);
  });
});
