import { SessionChanges } from '../../src/service/session-changes';
import { addMany, newSession, speech } from '../api/conversation';
import { Random } from '../generate/random';
import { AddEventDocument, CompleteSessionDocument } from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { connectTo, followEvents, Follower, followSession, positionsOf, upTo } from './follower';

const server = useTestApp();
const random = new Random(20_261);

function complete(sessionId: string) {
  return server.app.execute(CompleteSessionDocument, { input: { sessionId } });
}

async function write(sessionId: string, count: number, concurrency = 5): Promise<void> {
  let next = 1;
  const writer = async (): Promise<void> => {
    while (next <= count) {
      const input = speech(sessionId, `e${next}`);
      next += 1;
      await server.app.execute(AddEventDocument, { input });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, writer));
}

describe('delivery is exact', () => {
  afterEach(() => jest.restoreAllMocks());

  it('when wake-ups are lost, doubled, late and out of order', async () => {
    const { notify } = SessionChanges.prototype;
    jest.spyOn(SessionChanges.prototype, 'notify').mockImplementation(function (
      this: SessionChanges,
      ...wakeUp
    ) {
      for (let copies = Math.floor(random.next() * 3); copies > 0; copies -= 1)
        setTimeout(() => notify.apply(this, wakeUp), random.next() * 30);
    });
    const sessionIds = await Promise.all(Array.from({ length: 5 }, () => newSession(server.app)));
    const client = connectTo(server.app.url);
    const followers = sessionIds.flatMap((sessionId) => [
      followEvents(client, sessionId, 0),
      followEvents(client, sessionId, 20),
    ]);

    await Promise.all(sessionIds.map((sessionId) => write(sessionId, 60)));
    await Promise.all(sessionIds.map(complete));

    for (const [index, follower] of followers.entries()) {
      expect(await follower.ended()).toBe('complete');
      expect(positionsOf(follower)).toEqual(upTo(60, index % 2 === 0 ? 1 : 21));
    }
    await client.dispose();
  }, 60_000);

  it('when the last event and the end arrive together', async () => {
    const client = connectTo(server.app.url);
    for (let round = 0; round < 20; round += 1) {
      const sessionId = await newSession(server.app);
      const follower = followEvents(client, sessionId, 0);
      const added = write(sessionId, 3).catch(() => undefined);
      const { completeSession } = await complete(sessionId);
      await added;

      expect(await follower.ended()).toBe('complete');
      expect(positionsOf(follower)).toEqual(upTo(completeSession.session.eventCount));
    }
    await client.dispose();
  }, 60_000);

  it('for a crowd on one session, each of whom gets everything', async () => {
    const sessionId = await newSession(server.app);
    const clients = Array.from({ length: 20 }, () => connectTo(server.app.url));
    const followers = clients.flatMap((client) =>
      Array.from({ length: 30 }, () => followEvents(client, sessionId, 0)),
    );
    const states = followSession(clients[0]!, sessionId);
    await states.length(1);

    await write(sessionId, 40);
    await complete(sessionId);

    for (const follower of followers) {
      expect(await follower.ended()).toBe('complete');
      expect(positionsOf(follower)).toEqual(upTo(40));
    }
    await Promise.all(clients.map((client) => client.dispose()));
  }, 60_000);
});

describe('a subscription that its client ends', () => {
  it('is over at once, and leaves nothing behind', async () => {
    const sessionId = await newSession(server.app);
    const client = connectTo(server.app.url);
    for (let round = 0; round < 50; round += 1) {
      const follower = followEvents(client, sessionId, 0);
      if (round % 2 === 0) await addMany(server.app, sessionId, 1);
      follower.stop();
    }
    const after = new Follower(client, '{ __typename }', {});

    await after.ended();
    expect(after.data).toEqual([{ __typename: 'Query' }]);
    await client.dispose();
  });
});
