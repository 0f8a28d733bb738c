import { GetEventDocument, GetNodeDocument, GetNodesDocument } from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { addEvent, newId, newSession, speech } from './conversation';

const test = useTestApp();
const node = async (id: string) => (await test.app.execute(GetNodeDocument, { id })).node;

describe('node', () => {
  it('finds a session and an event by their global ids', async () => {
    const sessionId = await newSession(test.app);
    const { event } = await addEvent(test.app, speech(sessionId, 'e1'));
    const { session } = (await test.app.execute(GetEventDocument, { sessionId, eventId: 'e1' })).event!;

    expect(await node(event.id)).toEqual({ __typename: 'Event', ...event });
    expect(await node(session.id)).toEqual({ __typename: 'Session', ...session });
  });

  it.each([
    ['empty', ''],
    ['made up', 'made up'],
    ['of another type', Buffer.from('User 1').toString('base64url')],
    ['a session that is not there', Buffer.from(`Session ${newId()}`).toString('base64url')],
    ['an event that is not there', Buffer.from(`Event ${newId()} e1`).toString('base64url')],
    ['longer than any can be', Buffer.from(`Session ${'x'.repeat(5000)}`).toString('base64url')],
    ['of too many parts', Buffer.from('Event a b c').toString('base64url')],
    ['not in its one spelling', `${Buffer.from('Session abcd').toString('base64url')}=`],
  ])('is null for an id that is %s', async (_, id) => {
    expect(await node(id)).toBeNull();
  });
});

describe('nodes', () => {
  const nodes = async (ids: string[]) => (await test.app.execute(GetNodesDocument, { ids })).nodes;

  it('come in the order of the ids, with null for each that names nothing', async () => {
    const sessionIds = [await newSession(test.app), await newSession(test.app)];
    const events = await Promise.all(sessionIds.map((id) => addEvent(test.app, speech(id, 'e1'))));
    const ids = [
      events[1]!.event.id,
      'made up',
      Buffer.from(`Session ${sessionIds[0]}`).toString('base64url'),
      Buffer.from(`Event ${sessionIds[0]} none`).toString('base64url'),
      events[0]!.event.id,
      events[1]!.event.id,
    ];

    const found = await nodes(ids);

    expect(found).toMatchObject([
      { __typename: 'Event', eventId: 'e1', sessionId: sessionIds[1] },
      null,
      { __typename: 'Session', sessionId: sessionIds[0], eventCount: 1 },
      null,
      { __typename: 'Event', eventId: 'e1', sessionId: sessionIds[0] },
      { __typename: 'Event', eventId: 'e1', sessionId: sessionIds[1] },
    ]);
    expect(await nodes([])).toEqual([]);
  });

  it('are 500 at most', async () => {
    expect(await nodes(Array.from({ length: 500 }, String))).toEqual(Array.from({ length: 500 }, () => null));
    await expect(nodes(Array.from({ length: 501 }, String))).rejects.toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', argument: 'ids' } }],
    });
  });
});

describe('event', () => {
  it('is null where there is none', async () => {
    const sessionId = await newSession(test.app);

    expect((await test.app.execute(GetEventDocument, { sessionId, eventId: 'none' })).event).toBeNull();
    expect(
      (await test.app.execute(GetEventDocument, { sessionId: newId(), eventId: 'none' })).event,
    ).toBeNull();
  });

  it('comes with its session', async () => {
    const sessionId = await newSession(test.app, { language: 'fr' });
    await addEvent(test.app, speech(sessionId, 'e1'));

    const { event } = await test.app.execute(GetEventDocument, { sessionId, eventId: 'e1' });

    expect(event!.session).toMatchObject({ sessionId, language: 'fr', eventCount: 1 });
  });
});
