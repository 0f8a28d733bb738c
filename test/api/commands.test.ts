import { setTimeout as sleep } from 'node:timers/promises';
import { type Monitored, openMonitored } from './monitored-database';

const events = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    eventId: `e${index + 1}`,
    type: index % 2 === 0 ? 'USER_SPEECH' : 'BOT_SPEECH',
    payload: { text: `turn ${index + 1}` },
  }));

describe('an operation costs the database', () => {
  let api: Monitored;

  beforeAll(async () => {
    api = await openMonitored();
    for (let n = 0; n < 50; n += 1) {
      const sessionId = `s${n}`;
      await api.run(createSession, { input: { sessionId, language: 'en', metadata: { n } } });
      const added = events(n === 0 ? 600 : 12).map((event) => ({ sessionId, ...event }));
      await api.run(addEvents, { input: { events: added } });
    }
  });
  afterAll(() => api.close());

  const createSession = 'mutation ($input: CreateSessionInput!) { createSession(input: $input) { created } }';
  const addEvents = 'mutation ($input: AddEventsInput!) { addEvents(input: $input) { rejectedCount } }';

  const namesOf = (commands: readonly object[]) => commands.map((command) => Object.keys(command)[0]);
  const projectionsOf = (commands: readonly { projection?: object }[]) =>
    commands.map(({ projection }) => Object.keys(projection ?? {}).sort());

  it('nothing for what needs no data', async () => {
    const { commands } = await api.run('{ __typename node(id: "made up") { id } }');

    expect(commands).toEqual([]);
  });

  it('one command for a session', async () => {
    const { commands } = await api.run(
      '{ session(sessionId: "s0") { sessionId status durationMs eventCount } }',
    );

    expect(namesOf(commands)).toEqual(['find']);
    expect(projectionsOf(commands)).toEqual([
      ['_id', 'endedAt', 'eventCount', 'sessionId', 'startedAt', 'status'],
    ]);
  });

  it('one command for a session with a page of events and their number, where the server has unions', async () => {
    const { data, commands } = await api.run(
      '{ session(sessionId: "s0") { status events(first: 500) { totalCount edges { cursor node { eventId } } pageInfo { hasNextPage } } } }',
    );

    expect(namesOf(commands)).toEqual(api.isOneCommand ? ['aggregate'] : ['find', 'find']);
    expect(data.session.events.edges).toHaveLength(500);
    expect(data.session.events).toMatchObject({ totalCount: 600, pageInfo: { hasNextPage: true } });
  });

  it('no more for the number of its events alone', async () => {
    const { data, commands } = await api.run(
      '{ session(sessionId: "s0") { events(first: 1, filter: { types: null }) { totalCount } } }',
    );

    expect(namesOf(commands)).toEqual(['find']);
    expect(data.session.events.totalCount).toBe(600);
  });

  it('one count for the number of its events that match a filter', async () => {
    const { data, commands } = await api.run(
      '{ session(sessionId: "s0") { events(filter: { types: [BOT_SPEECH] }) { totalCount } } }',
    );

    expect(namesOf(commands)).toEqual(['find', 'aggregate']);
    expect(data.session.events.totalCount).toBe(300);
  });

  it('three commands for 50 sessions with their first ten events and last events, on MongoDB 4.2 one a page', async () => {
    const { data, commands } = await api.run(`{
      sessions(first: 50, orderBy: { direction: ASC }) { nodes {
        sessionId
        events(first: 10) { totalCount nodes { eventId } pageInfo { endCursor } }
        last: events(last: 1) { nodes { eventId position } }
      } }
    }`);

    const pages = api.hasUnions ? ['aggregate', 'aggregate'] : Array<string>(100).fill('find');
    expect(namesOf(commands)).toEqual(['find', ...pages]);
    expect(data.sessions.nodes).toHaveLength(50);
    for (const { sessionId, ...session } of data.sessions.nodes) {
      const count = sessionId === 's0' ? 600 : 12;
      expect(session.events.totalCount).toBe(count);
      expect(session.events.nodes.map(({ eventId }: { eventId: string }) => eventId)).toEqual(
        events(10).map(({ eventId }) => eventId),
      );
      expect(session.last.nodes).toEqual([{ eventId: `e${count}`, position: count }]);
    }
  });

  it('two commands for 50 sessions with the number of their events that match a filter', async () => {
    const { data, commands } = await api.run(
      '{ sessions(first: 50) { nodes { sessionId events(filter: { types: [BOT_SPEECH] }) { totalCount } } } }',
    );

    expect(namesOf(commands)).toEqual(['find', 'aggregate']);
    for (const { sessionId, events: matching } of data.sessions.nodes) {
      expect(matching.totalCount).toBe(sessionId === 's0' ? 300 : 6);
    }
  });

  it('one command for 500 events with their session, where the server has unions', async () => {
    const { data, commands } = await api.run(
      '{ session(sessionId: "s0") { events(first: 500) { nodes { position session { language eventCount } } } } }',
    );

    expect(namesOf(commands)).toEqual(api.isOneCommand ? ['aggregate'] : ['find', 'find']);
    expect(data.session.events.nodes[499]).toEqual({
      position: 500,
      session: { language: 'en', eventCount: 600 },
    });
  });

  it('one command each for lookups of one kind, however many', async () => {
    const { commands } = await api.run(`{
      a: session(sessionId: "s1") { status } b: session(sessionId: "s2") { status } c: session(sessionId: "s1") { status }
      d: event(sessionId: "s3", eventId: "e1") { type } e: event(sessionId: "s3", eventId: "e2") { type }
    }`);

    expect(namesOf(commands)).toEqual(['find', 'find']);
  });

  it('one command a kind for nodes, of however many sessions', async () => {
    const idOf = (text: string) => Buffer.from(text).toString('base64url');
    const ids = [0, 1, 2].flatMap((n) => [
      idOf(`Session s${n}`),
      idOf(`Event s${n} e1`),
      idOf(`Event s${n} e2`),
    ]);

    const { data, commands } = await api.run(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Session { status } ... on Event { payload } } }',
      { ids },
    );

    expect(namesOf(commands)).toEqual(['find', 'find']);
    expect(data.nodes.map(({ id }: { id: string }) => id)).toEqual(ids);
  });

  it('one command for statistics, and two for the time that they are of where clocks change', async () => {
    const ask = (zone: string, filter = '') =>
      api.run(
        `{ sessionStatistics(timeZone: "${zone}" groupBy: { startedAt: DAY } ${filter}) { sessionCount duration { p50Ms } } }`,
      );
    const range = 'filter: { startedAt: { from: "2020-01-01T00:00:00Z", to: "2120-01-01T00:00:00Z" } }';

    expect(namesOf((await ask('UTC')).commands)).toEqual(['aggregate']);
    expect(namesOf((await ask('Europe/Berlin')).commands)).toEqual(['find', 'find', 'aggregate']);
    expect(namesOf((await ask('Europe/Berlin', range)).commands)).toEqual(['aggregate']);
  });

  it('two commands for an update and for an end, and one where there is nothing to do', async () => {
    await api.run(createSession, { input: { sessionId: 'enriched', language: 'en' } });
    const update =
      'mutation { updateSession(input: { sessionId: "enriched", setMetadata: { a: 1 } }) { updated } }';
    expect(namesOf((await api.run(update)).commands)).toEqual(['find', 'findAndModify']);
    expect(namesOf((await api.run(update)).commands)).toEqual(['find']);
    const complete = 'mutation { completeSession(input: { sessionId: "enriched" }) { completed } }';
    expect(namesOf((await api.run(complete)).commands)).toEqual(['find', 'findAndModify']);
  });

  it('no payloads where none are selected, whatever the fragments and directives', async () => {
    const query = `query ($with: Boolean!) {
      session(sessionId: "s0") { ...Page events(first: 5) { nodes { payload @include(if: $with) } } }
    }
    fragment Page on Session { events(first: 5) { edges { node { ... on Event { type } payload @skip(if: true) } } } }`;

    const without = await api.run(query, { with: false });
    const withPayload = await api.run(query, { with: true });

    expect(projectionsOf(without.commands)[1]).toEqual(['_id', 'position', 'sessionId', 'timestamp', 'type']);
    expect(projectionsOf(withPayload.commands)[1]).toContain('payload');
    expect(withPayload.data.session.events.nodes[0]).toEqual({ payload: { text: 'turn 1' } });
  });

  it('one count and one page for the list of sessions', async () => {
    const { commands } = await api.run(
      '{ sessions(first: 5, filter: { metadata: { n: 7 } }) { totalCount nodes { sessionId } } }',
    );

    expect(namesOf(commands).sort()).toEqual(['aggregate', 'find']);
    expect(projectionsOf(commands.filter((command) => 'find' in command))).toEqual([
      ['_id', 'sessionId', 'startedAt'],
    ]);
  });

  it('three commands for an event of one session, four for events of several, however many', async () => {
    const add = (list: object[]) => api.run(addEvents, { input: { events: list } });
    const [event] = events(1);

    const one = await add([{ ...event, sessionId: 's1', eventId: 'new' }]);
    const many = await add(
      Array.from({ length: 100 }, (_, n) => ({ ...event, sessionId: `s${n % 20}`, eventId: `new${n}` })),
    );

    expect(namesOf(one.commands)).toEqual(['findAndModify', 'insert', 'commitTransaction']);
    expect(namesOf(many.commands)).toEqual(['update', 'find', 'insert', 'commitTransaction']);
  });

  it('as many replies as a page of large events takes', async () => {
    const payload = { text: 'x'.repeat(250 * 1024) };
    const add = (from: number) =>
      api.services.events.addMany(
        Array.from({ length: 35 }, (_, n) => ({
          sessionId: 's2',
          eventId: `large${from + n}`,
          type: 'SYSTEM' as never,
          payload,
        })),
      );
    await add(0);
    await add(35);

    const { data, commands } = await api.run(
      '{ session(sessionId: "s2") { events(last: 70, filter: { types: [SYSTEM] }) { nodes { payload } } } }',
    );

    // What does not fit into one reply is read by a cursor of the driver's, from the start.
    const [first, again] = api.isOneCommand ? [['aggregate'], 'aggregate'] : [['find', 'find'], 'find'];
    expect(namesOf(commands)).toEqual([...first, 'killCursors', again, 'getMore']);
    expect(data.session.events.nodes).toHaveLength(70);
    expect(data.session.events.nodes[69]).toEqual({ payload });
  });

  it('a limit of time on each read', async () => {
    const { commands } = await api.run(
      '{ sessions { totalCount nodes { events { nodes { type } } } } event(sessionId: "s1", eventId: "e1") { type } }',
    );

    expect(commands.length).toBeGreaterThan(3);
    for (const command of commands) expect(command).toMatchObject({ maxTimeMS: 5000 });
  });

  it('nothing more when the client has gone away', async () => {
    await expect(
      api.run('{ session(sessionId: "s0") { status } }', {}, () =>
        AbortSignal.abort(new Error('the client has gone away')),
      ),
    ).rejects.toThrow(/gone away/);
  });
});

describe('READ_PREFERENCE', () => {
  let api: Monitored;

  beforeAll(async () => {
    api = await openMonitored({ READ_PREFERENCE: 'secondaryPreferred' });
    await api.run('mutation { createSession(input: { sessionId: "s1", language: "en" }) { created } }');
    // A secondary is as far as the primary a little later.
    while (!(await api.run('{ session(sessionId: "s1") { status } }')).data.session) await sleep(20);
  });
  afterAll(() => api.close());

  it('is where queries read', async () => {
    const { commands } = await api.run(
      '{ session(sessionId: "s1") { status events { nodes { type } } } sessions { totalCount } }',
    );

    // A sharded cluster is counted, and does not only say its size.
    expect(commands.length).toBeGreaterThanOrEqual(3);
    for (const command of commands)
      expect(command).toMatchObject({ $readPreference: { mode: 'secondaryPreferred' } });
  });

  it('leaves out mutations, whose selection reads what they wrote', async () => {
    const { data, commands } = await api.run(
      'mutation { addEvent(input: { sessionId: "s1", eventId: "e1", type: SYSTEM, payload: {} }) { event { session { eventCount } } } }',
    );

    expect(data.addEvent.event.session).toEqual({ eventCount: 1 });
    const read = commands.find((command) => 'find' in command);
    expect(read).not.toMatchObject({ $readPreference: { mode: 'secondaryPreferred' } });
  });
});
