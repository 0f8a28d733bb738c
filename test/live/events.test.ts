import type { Client } from 'graphql-ws';
import { addEvent, addMany, newId, newSession, speech } from '../api/conversation';
import { CompleteSessionDocument } from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { connectTo, followEvents, Follower, followSession, positionsOf, upTo } from './follower';

const server = useTestApp();
let client: Client;

beforeAll(() => {
  client = connectTo(server.app.url);
});

afterAll(() => client.dispose());

function complete(sessionId: string) {
  return server.app.execute(CompleteSessionDocument, { input: { sessionId } });
}

describe('eventAdded', () => {
  it('delivers what is stored already, then what comes, and ends with the session', async () => {
    const sessionId = await newSession(server.app);
    await addMany(server.app, sessionId, 3);

    const follower = followEvents(client, sessionId, 0);
    await follower.length(3);
    for (const id of ['a', 'b', 'c']) await addEvent(server.app, speech(sessionId, id));
    await follower.length(6);
    expect(follower.ending).toBeNull();
    await complete(sessionId);

    expect(await follower.ended()).toBe('complete');
    expect(positionsOf(follower)).toEqual(upTo(6));
    expect(follower.data[3]!.eventAdded).toEqual({
      position: 4,
      eventId: 'a',
      payload: { text: 'I said a' },
    });
  });

  it('goes on after a position', async () => {
    const sessionId = await newSession(server.app);
    await addMany(server.app, sessionId, 5);
    await complete(sessionId);

    const follower = followEvents(client, sessionId, 3);

    expect(await follower.ended()).toBe('complete');
    expect(positionsOf(follower)).toEqual([4, 5]);
  });

  it('delivers only what comes where no position is given', async () => {
    const sessionId = await newSession(server.app);
    await addMany(server.app, sessionId, 5);
    // Its answer is the sign that what was asked for before it has begun.
    const sign = followSession(client, sessionId);
    const follower = followEvents(client, sessionId);
    const later = followSession(client, sessionId);
    await Promise.all([sign.length(1), later.length(1)]);

    await addEvent(server.app, speech(sessionId, 'next'));
    await follower.length(1);

    expect(positionsOf(follower)).toEqual([6]);
    for (const one of [sign, follower, later]) one.stop();
  });

  it('waits for a position that is still to come, and leaves out what comes before it', async () => {
    const sessionId = await newSession(server.app);
    await addMany(server.app, sessionId, 2);

    const follower = followEvents(client, sessionId, 4);
    for (const id of ['a', 'b', 'c', 'd']) await addEvent(server.app, speech(sessionId, id));
    await complete(sessionId);

    expect(await follower.ended()).toBe('complete');
    expect(positionsOf(follower)).toEqual([5, 6]);
  });

  it('ends at once for a session that has ended with nothing beyond the position', async () => {
    const sessionId = await newSession(server.app);
    await addMany(server.app, sessionId, 2);
    await complete(sessionId);

    const followers = [followEvents(client, sessionId), followEvents(client, sessionId, 7)];

    for (const follower of followers) {
      expect(await follower.ended()).toBe('complete');
      expect(follower.results).toEqual([]);
    }
  });

  it('catches up page by page with many events and large ones', async () => {
    const sessionId = await newSession(server.app);
    await addMany(server.app, sessionId, 1000);
    for (let index = 0; index < 10; index += 1)
      await addEvent(
        server.app,
        speech(sessionId, `large-${index}`, { payload: { text: 'x'.repeat(200_000) } }),
      );
    await complete(sessionId);

    const follower = followEvents(client, sessionId, 0);

    expect(await follower.ended()).toBe('complete');
    expect(positionsOf(follower)).toEqual(upTo(1010));
  });

  it('serves subscribers who joined at different times alike', async () => {
    const sessionId = await newSession(server.app);
    const followers = [followEvents(client, sessionId, 0)];
    for (let index = 0; index < 20; index += 1) {
      await addEvent(server.app, speech(sessionId, `e${index}`));
      followers.push(followEvents(client, sessionId, index));
    }
    await complete(sessionId);

    for (const [index, follower] of followers.entries()) {
      expect(await follower.ended()).toBe('complete');
      expect(positionsOf(follower)).toEqual(upTo(20, Math.max(1, index)));
    }
  });

  it('can select what leads from an event to its session', async () => {
    const sessionId = await newSession(server.app);
    await addMany(server.app, sessionId, 2);
    await complete(sessionId);

    const follower = new Follower<unknown>(
      client,
      `subscription { eventAdded(sessionId: "${sessionId}", afterPosition: 1) {
        ... on Node { id } session { status events(first: 1) { nodes { position } } } } }`,
      {},
    );

    expect(await follower.ended()).toBe('complete');
    expect(follower.data).toEqual([
      {
        eventAdded: {
          id: expect.any(String),
          session: { status: 'COMPLETED', events: { nodes: [{ position: 1 }] } },
        },
      },
    ]);
  });
});

describe('sessionChanged', () => {
  it('delivers the present state first, then each change up to the end and after it', async () => {
    const sessionId = await newSession(server.app);
    const follower = followSession(client, sessionId);
    await follower.length(1);
    await addEvent(server.app, speech(sessionId, 'one'));
    await follower.length(2);
    await complete(sessionId);
    await follower.length(3);

    expect(follower.data.map(({ sessionChanged: { status, eventCount } }) => [status, eventCount])).toEqual([
      ['INITIATED', 0],
      ['ACTIVE', 1],
      ['COMPLETED', 1],
    ]);
    expect(follower.ending).toBeNull();
    follower.stop();
  });

  it('ends up with the newest state however fast changes come', async () => {
    const sessionId = await newSession(server.app);
    const follower = followSession(client, sessionId);
    await follower.length(1);
    await addMany(server.app, sessionId, 200);
    await complete(sessionId);

    await follower.until(() => follower.data.at(-1)!.sessionChanged.status === 'COMPLETED');

    expect(follower.data.at(-1)!.sessionChanged).toMatchObject({ status: 'COMPLETED', eventCount: 200 });
    const counts = follower.data.map(({ sessionChanged }) => sessionChanged.eventCount);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    follower.stop();
  });
});

describe('a subscription is refused', () => {
  it('where there is no such session', async () => {
    const unknown = [followEvents(client, newId(), 0), followSession(client, newId())];

    for (const follower of unknown) {
      expect(await follower.ended()).toBe('complete');
      expect(follower.results[0]!.errors![0]!.extensions).toEqual({
        code: 'SESSION_NOT_FOUND',
        retryable: false,
      });
    }
  });

  it('where an argument breaks a rule', async () => {
    const sessionId = await newSession(server.app);

    const negative = followEvents(client, sessionId, -1);
    const spaced = followSession(client, 'not an id');

    await Promise.all([negative.ended(), spaced.ended()]);
    expect(negative.results[0]!.errors![0]!.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      argument: 'afterPosition',
    });
    expect(spaced.results[0]!.errors![0]!.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      argument: 'sessionId',
    });
  });

  it('where its text or what it could touch is over a limit', async () => {
    const deep = new Follower(
      client,
      `subscription { eventAdded(sessionId: "a") ${'{ session { events { nodes '.repeat(5)} { id } ${'} } }'.repeat(5)} }`,
      {},
    );
    const costly = new Follower(
      client,
      'subscription { sessionChanged(sessionId: "a") { events(first: 500) { nodes { session { events(first: 500) { nodes { id } } } } } } }',
      {},
    );

    expect(await deep.ended()).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }]);
    expect(await costly.ended()).toMatchObject([
      { extensions: { code: 'QUERY_TOO_COMPLEX', retryable: false } },
    ]);
  });
});

describe('queries and mutations on the same connection', () => {
  it('are answered as over HTTP', async () => {
    const sessionId = newId();
    const created = new Follower(
      client,
      'mutation ($input: CreateSessionInput!) { createSession(input: $input) { created session { sessionId status } } }',
      { input: { sessionId, language: 'en' } },
    );
    await created.ended();
    const read = new Follower(client, `{ session(sessionId: "${sessionId}") { status } }`, {});
    await read.ended();

    expect(created.data).toEqual([
      { createSession: { created: true, session: { sessionId, status: 'INITIATED' } } },
    ]);
    expect(read.data).toEqual([{ session: { status: 'INITIATED' } }]);
  });

  it('are refused as over HTTP', async () => {
    const input = { sessionId: newId(), language: 'not a language' };
    const refused = new Follower(
      client,
      'mutation ($input: CreateSessionInput!) { createSession(input: $input) { created } }',
      { input },
    );
    await refused.ended();
    const costly = new Follower(
      client,
      '{ sessions(first: 500) { nodes { events(first: 500) { nodes { id } } } } }',
      {},
    );

    expect(refused.results[0]!.errors![0]!.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      argument: 'input.language',
    });
    expect(await costly.ended()).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }]);
  });
});
