import { setTimeout as sleep } from 'node:timers/promises';
import { type Monitored, openMonitored } from './monitored-database';

const event = (sessionId: string, eventId: string, payload: Record<string, unknown> = {}) => ({
  sessionId,
  eventId,
  type: 'SYSTEM' as never,
  payload,
});

/** What became of each promise: `created`, `stored` before, or the code of its error. */
async function outcomes(answers: Promise<{ created: boolean }>[]) {
  return (await Promise.allSettled(answers)).map((answer) =>
    answer.status === 'fulfilled'
      ? answer.value.created
        ? 'created'
        : 'stored'
      : (answer.reason.code as unknown),
  );
}

async function withDatabase(settings: Record<string, string>, test: (api: Monitored) => Promise<void>) {
  const api = await openMonitored(settings);
  try {
    await test(api);
  } finally {
    await api.close();
  }
}

describe('the event writer', () => {
  const sessionIds = Array.from({ length: 20 }, (_, n) => `s${n}`);
  const createSessions = (api: Monitored) =>
    Promise.all(sessionIds.map((sessionId) => api.services.sessions.create({ sessionId, language: 'en' })));

  it('commits what arrives together together', () =>
    withDatabase({}, async (api) => {
      await createSessions(api);
      let commits = 0;
      api.onCommand(({ commitTransaction }) => (commits += Number(commitTransaction ?? 0)));

      const answers = await outcomes(
        Array.from({ length: 400 }, (_, n) => api.services.events.add(event(`s${n % 20}`, `e${n}`))),
      );

      expect(answers).toEqual(Array.from({ length: 400 }, () => 'created'));
      expect(commits).toBe(1);
    }));

  it('stores of each event what belongs to it, and nothing else', () =>
    withDatabase({}, async (api) => {
      await createSessions(api);

      await api.services.events.add(event('s1', 'alone'));
      await api.services.events.addMany([event('s1', 'first'), event('s2', 'second')]);

      const rows = await api.db.collection('events').find().toArray();
      const fields = [
        '_id',
        'eventId',
        'payload',
        'position',
        'receivedAt',
        'sessionId',
        'timestamp',
        'type',
      ];
      expect(rows.map((row) => Object.keys(row).sort())).toEqual([fields, fields, fields]);
    }));

  it('gathers what arrives while a batch is in flight', () =>
    withDatabase({}, async (api) => {
      await createSessions(api);
      let commits = 0;
      api.onCommand(({ insert, commitTransaction }) => {
        commits += Number(commitTransaction ?? 0);
        if (insert && commits === 0) add(200);
      });
      const answers: Promise<unknown>[] = [];
      const add = (from: number) => {
        for (let n = from; n < from + 200; n += 1)
          answers.push(api.services.events.add(event(`s${n % 20}`, `e${n}`)));
      };

      add(0);
      await answers[0];
      await Promise.all(answers);

      expect(answers).toHaveLength(400);
      expect(commits).toBe(2);
    }));

  it('fails an event that the database refuses alone, in whatever batch it is', () =>
    withDatabase({}, async (api) => {
      await createSessions(api);
      // Of all that a database can refuse, this one can be had from every server.
      await api.db.collection('events').createIndex({ 'payload.unique': 1 }, { unique: true });
      await api.services.events.add(event('s0', 'first', { unique: 'taken' }));

      const answers = await outcomes(
        Array.from({ length: 40 }, (_, n) =>
          api.services.events.add(event(`s${n % 20}`, `e${n}`, { unique: n === 17 ? 'taken' : n })),
        ),
      );

      expect(answers.filter((answer) => answer === 'created')).toHaveLength(39);
      // A fault of the database and not of the caller: the transport masks what has no code of ours.
      expect(answers[17]).toBe(11000);
      const { data } = await api.run(
        '{ sessions(first: 20) { nodes { sessionId eventCount events(first: 500) { nodes { position } } } } }',
      );
      for (const { eventCount, events } of data.sessions.nodes) {
        const positions = events.nodes.map(({ position }: { position: number }) => position).sort();
        expect(positions).toEqual(Array.from({ length: eventCount }, (_, index) => index + 1));
      }
    }));

  it('refuses what goes beyond its queue, which can be sent again', () =>
    withDatabase({ MAX_QUEUED_EVENTS: '1000' }, async (api) => {
      await createSessions(api);
      const add = (from: number, to: number) =>
        outcomes(
          Array.from({ length: to - from }, (_, n) => api.services.events.add(event('s1', `e${from + n}`))),
        );

      const first = await add(0, 1500);
      const again = await add(1000, 1500);

      expect(first.slice(0, 1000)).toEqual(Array.from({ length: 1000 }, () => 'created'));
      expect(first.slice(1000)).toEqual(Array.from({ length: 500 }, () => 'SERVICE_UNAVAILABLE'));
      expect(again).toEqual(Array.from({ length: 500 }, () => 'created'));
    }));

  it('refuses what goes beyond its queue in bytes', () =>
    withDatabase({ MAX_QUEUED_BYTES: String(16 * 1024 * 1024) }, async (api) => {
      await createSessions(api);
      const payload = { text: 'x'.repeat(250 * 1024) };

      const answers = await outcomes(
        Array.from({ length: 100 }, (_, n) => api.services.events.add(event('s1', `e${n}`, payload))),
      );

      const created = answers.filter((answer) => answer === 'created').length;
      expect(created).toBeGreaterThan(50);
      expect(answers.slice(created)).toEqual(
        Array.from({ length: 100 - created }, () => 'SERVICE_UNAVAILABLE'),
      );
    }));

  it('answers in time, also where the database does not', () =>
    withDatabase({ REQUEST_TIMEOUT_MS: '1500' }, async (api) => {
      await api.services.sessions.create({ sessionId: 's1', language: 'en' });
      // Another transaction holds the session: nobody else can write it before that has ended.
      const holder = api.client.startSession();
      holder.startTransaction();
      await api.db
        .collection('sessions')
        .updateOne({ sessionId: 's1' }, { $set: { language: 'fr' } }, { session: holder });

      const began = Date.now();
      const answers = await outcomes([
        api.services.events.add(event('s1', 'e1')),
        api.services.events.add(event('s1', 'e2')),
      ]);
      const took = Date.now() - began;
      await holder.abortTransaction();
      await holder.endSession();

      expect(answers).toEqual(['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE']);
      expect(took).toBeLessThan(5000);
      await sleep(50);
      expect(await outcomes([api.services.events.add(event('s1', 'e3'))])).toEqual(['created']);
    }));

  it('lets other sessions pass one that is held', () =>
    withDatabase({ REQUEST_TIMEOUT_MS: '5000' }, async (api) => {
      await createSessions(api);
      const holder = api.client.startSession();
      holder.startTransaction();
      await api.db
        .collection('sessions')
        .updateOne({ sessionId: 's1' }, { $set: { language: 'fr' } }, { session: holder });

      const held = api.services.events.add(event('s1', 'held'));
      await sleep(10);
      const alsoHeld = api.services.events.add(event('s1', 'also-held'));
      const began = Date.now();
      const others = sessionIds.slice(2).map((sessionId) => api.services.events.add(event(sessionId, 'e1')));
      expect(await outcomes(others)).toEqual(others.map(() => 'created'));
      expect(Date.now() - began).toBeLessThan(2000);
      expect(await api.run('{ session(sessionId: "s1") { eventCount } }')).toMatchObject({
        data: { session: { eventCount: 0 } },
      });
      await holder.abortTransaction();
      await holder.endSession();

      expect(await outcomes([held, alsoHeld])).toEqual(['created', 'created']);
    }));

  it('stores what waits when it closes, and takes nothing more', () =>
    withDatabase({}, async (api) => {
      await createSessions(api);
      const waiting = outcomes(
        Array.from({ length: 50 }, (_, n) => api.services.events.add(event('s1', `e${n}`))),
      );

      await api.services.close();

      expect(await waiting).toEqual(Array.from({ length: 50 }, () => 'created'));
      expect(await outcomes([api.services.events.add(event('s1', 'late'))])).toEqual(['SERVICE_UNAVAILABLE']);
    }));

  it('keeps a session in one lane, with two of them', () =>
    withDatabase({ WRITER_LANES: '2' }, async (api) => {
      await createSessions(api);
      const sent = Array.from({ length: 600 }, (_, n) => event(`s${n % 20}`, `e${Math.floor(n / 20)}`));

      const answers = await outcomes([...sent, ...sent].map((one) => api.services.events.add(one)));

      expect(answers.filter((answer) => answer === 'created')).toHaveLength(600);
      expect(answers.filter((answer) => answer === 'stored')).toHaveLength(600);
      const { data } = await api.run(
        '{ sessions(first: 20) { nodes { eventCount events { nodes { position } } } } }',
      );
      for (const { eventCount, events } of data.sessions.nodes) {
        expect(eventCount).toBe(30);
        expect(
          events.nodes
            .map(({ position }: { position: number }) => position)
            .sort((a: number, b: number) => a - b),
        ).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
      }
    }));
});
