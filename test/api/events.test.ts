import {
  AddEventsDocument,
  CompleteSessionDocument,
  GetEventDocument,
  GetEventsDocument,
  GetSessionDocument,
} from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { addEvent, addMany, newId, newSession, speech } from './conversation';

const test = useTestApp();

const add = (input: ReturnType<typeof speech>) => addEvent(test.app, input);
const addBatch = async (events: ReturnType<typeof speech>[]) =>
  (await test.app.execute(AddEventsDocument, { input: { events } })).addEvents;
const complete = (sessionId: string) => test.app.execute(CompleteSessionDocument, { input: { sessionId } });
const readSession = async (sessionId: string) =>
  (await test.app.execute(GetSessionDocument, { sessionId })).session!;

describe('addEvent', () => {
  it('stores the event, counts it and activates its session', async () => {
    const sessionId = await newSession(test.app);
    const before = Date.now();

    const { event, created } = await add(
      speech(sessionId, 'e1', { timestamp: '2026-03-01T12:00:00.123456789+02:00' }),
    );

    expect(created).toBe(true);
    expect(event).toEqual({
      id: expect.any(String),
      sessionId,
      eventId: 'e1',
      type: 'USER_SPEECH',
      payload: { text: 'I said e1' },
      timestamp: '2026-03-01T10:00:00.123Z',
      receivedAt: expect.any(String),
      position: 1,
    });
    expect(Date.parse(event.receivedAt)).toBeGreaterThanOrEqual(before);
    expect(await readSession(sessionId)).toMatchObject({
      status: 'ACTIVE',
      eventCount: 1,
      lastEventAt: '2026-03-01T10:00:00.123Z',
    });
    const stored = await test.app.execute(GetEventDocument, { sessionId, eventId: 'e1' });
    expect(stored.event).toMatchObject(event);
  });

  it('takes the time of storing where no timestamp was sent', async () => {
    const { event } = await add(speech(await newSession(test.app), 'e1', { timestamp: null }));

    expect(event.timestamp).toBe(event.receivedAt);
  });

  it('keeps lastEventAt at the latest event, however late an earlier one comes', async () => {
    const sessionId = await newSession(test.app);

    await add(speech(sessionId, 'late', { timestamp: '2026-03-01T12:00:00Z' }));
    const { event } = await add(speech(sessionId, 'early', { timestamp: '2026-03-01T11:00:00Z' }));

    expect(event.position).toBe(2);
    expect(await readSession(sessionId)).toMatchObject({
      lastEventAt: '2026-03-01T12:00:00.000Z',
      eventCount: 2,
    });
  });

  it('answers a retry with the stored event, also after the session has ended', async () => {
    const sessionId = await newSession(test.app);
    const greeting = speech(sessionId, 'greeting', { payload: { a: 1, b: { c: [1, 2], d: null } } });
    const first = await add(greeting);
    await complete(sessionId);

    const retry = await add({ ...greeting, payload: { b: { d: null, c: [1, 2] }, a: 1.0 } });
    const sentBack = await add({ ...greeting, timestamp: first.event.timestamp });

    expect(retry).toEqual({ ...first, created: false });
    expect(sentBack).toEqual(retry);
  });

  it.each([
    ['type', { type: 'BOT_SPEECH' as const }],
    ['payload', { payload: { text: 'I said something else' } }],
    ['payload, where only a list is in another order', { payload: { text: 'I said e1', list: [2, 1] } }],
    ['timestamp', { timestamp: '2026-03-01T10:00:00.001Z' }],
  ])('refuses the same id with another %s, before and after the end', async (_, other) => {
    const sessionId = await newSession(test.app);
    const sent = speech(sessionId, 'e1', { timestamp: '2026-03-01T10:00:00.000Z' });
    await add(sent);

    await expect(add({ ...sent, ...other })).rejects.toMatchObject({ code: 'EVENT_CONFLICT' });
    await complete(sessionId);
    await expect(add({ ...sent, ...other })).rejects.toMatchObject({ code: 'EVENT_CONFLICT' });
    expect(await readSession(sessionId)).toMatchObject({ eventCount: 1 });
  });

  it('refuses a new event of a session that has ended or was never there', async () => {
    const sessionId = await newSession(test.app);
    await complete(sessionId);

    await expect(add(speech(sessionId, 'new'))).rejects.toMatchObject({ code: 'SESSION_COMPLETED' });
    await expect(add(speech(newId(), 'new'))).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(await readSession(sessionId)).toMatchObject({
      eventCount: 0,
      lastEventAt: null,
      status: 'COMPLETED',
    });
  });

  it('stores once when five hundred ask at once, and nobody gets an error', async () => {
    const input = speech(await newSession(test.app), 'e1', { timestamp: '2026-03-01T10:00:00Z' });

    const answers = await Promise.all(Array.from({ length: 500 }, () => add(input)));

    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(answers.map(({ event }) => JSON.stringify(event))).size).toBe(1);
    expect(await readSession(input.sessionId)).toMatchObject({ eventCount: 1 });
  });

  it('lets one of two contents win and refuses the other, always', async () => {
    const sessionId = await newSession(test.app);

    for (let round = 1; round <= 20; round += 1) {
      const answers = await Promise.allSettled(
        ['one', 'two'].map((text) => add(speech(sessionId, `e${round}`, { payload: { text } }))),
      );

      expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const refused = answers.find((answer) => answer.status === 'rejected');
      expect(refused?.reason).toMatchObject({ code: 'EVENT_CONFLICT' });
    }
  });
});

describe('addEvents', () => {
  it('numbers the events of each session in the order in which they were sent', async () => {
    const [one, two] = [await newSession(test.app), await newSession(test.app)];

    const { results, ...counts } = await addBatch([
      speech(one, 'a'),
      speech(two, 'a'),
      speech(one, 'b'),
      speech(two, 'b'),
    ]);

    expect(counts).toMatchObject({ createdCount: 4, duplicateCount: 0, rejectedCount: 0 });
    expect(
      results.map((result) => 'event' in result && [result.event.sessionId, result.event.position]),
    ).toEqual([
      [one, 1],
      [two, 1],
      [one, 2],
      [two, 2],
    ]);
  });

  it('answers for each event by itself, in order', async () => {
    const [open, ended, unknown] = [await newSession(test.app), await newSession(test.app), newId()];
    await add(speech(open, 'known'));
    await add(speech(ended, 'known'));
    await complete(ended);

    const { results, ...counts } = await addBatch([
      speech(open, 'new'),
      speech(open, 'known'),
      speech(open, 'known', { type: 'SYSTEM' }),
      speech(ended, 'known'),
      speech(ended, 'new'),
      speech(unknown, 'new'),
      speech(open, 'white space'),
      speech(open, 'bad time', { eventId: 'bad-time', timestamp: 'yesterday' }),
      speech(open, 'last'),
    ]);

    expect(results.map((result) => ('event' in result ? result.created : result.code))).toEqual([
      true,
      false,
      'EVENT_CONFLICT',
      false,
      'SESSION_COMPLETED',
      'SESSION_NOT_FOUND',
      'BAD_USER_INPUT',
      'BAD_USER_INPUT',
      true,
    ]);
    expect(counts).toMatchObject({ createdCount: 2, duplicateCount: 2, rejectedCount: 5 });
    expect(results[6]).toMatchObject({
      sessionId: open,
      eventId: 'white space',
      message: expect.stringContaining('input.events.6.eventId'),
    });
    expect(results[7]).toMatchObject({
      eventId: 'bad-time',
      message: expect.stringContaining('input.events.7.timestamp'),
    });
    expect(await readSession(open)).toMatchObject({ eventCount: 3 });
  });

  it('creates an event once that stands many times in one request', async () => {
    const sessionId = await newSession(test.app);
    const other = speech(sessionId, 'e1', { payload: { text: 'other' } });

    const { results, ...counts } = await addBatch([
      ...Array.from({ length: 5 }, () => speech(sessionId, 'e1')),
      other,
    ]);

    expect(results.map((result) => ('event' in result ? result.created : result.code))).toEqual([
      true,
      false,
      false,
      false,
      false,
      'EVENT_CONFLICT',
    ]);
    expect(counts).toMatchObject({ createdCount: 1, duplicateCount: 4, rejectedCount: 1 });
    expect(await readSession(sessionId)).toMatchObject({ eventCount: 1 });
  });

  it('takes a thousand events, and refuses none and a thousand and one', async () => {
    const sessionId = await newSession(test.app);

    expect(await addMany(test.app, sessionId, 1000)).toMatchObject({ createdCount: 1000 });
    await expect(addBatch([])).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(addMany(test.app, sessionId, 1001)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await readSession(sessionId)).toMatchObject({ eventCount: 1000 });
  });
});

describe('events of many writers', () => {
  it('are all there at positions without a gap', async () => {
    const sessionIds = await Promise.all(Array.from({ length: 5 }, () => newSession(test.app)));
    const sent = sessionIds.flatMap((sessionId) =>
      Array.from({ length: 60 }, (_, n) => speech(sessionId, `e${n}`)),
    );

    await Promise.all([...sent, ...sent].map(add));

    for (const sessionId of sessionIds) {
      const { session } = await test.app.execute(GetEventsDocument, { sessionId, first: 500 });
      const positions = session!.events.edges.map(({ node }) => node.position).sort((a, b) => a - b);
      expect(positions).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
      expect(session!.events.totalCount).toBe(60);
    }
  });
});
