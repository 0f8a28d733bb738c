import { addMany, newSession, speech } from '../api/conversation';
import { Random } from '../generate/random';
import { AddEventDocument, CompleteSessionDocument } from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { connectTo, followEvents, positionsOf, upTo } from './follower';

const server = useTestApp();
const random = new Random(20_261);

it('delivery is exact for clients that are cut off a hundred times and go on after their last position', async () => {
  const sessionId = await newSession(server.app);
  await addMany(server.app, sessionId, 100);
  const got: number[] = [];
  const writing = (async () => {
    for (let index = 0; index < 300; index += 1)
      await server.app.execute(AddEventDocument, { input: speech(sessionId, `live-${index}`) });
    await server.app.execute(CompleteSessionDocument, { input: { sessionId } });
  })();

  for (let cut = 0; cut < 100; cut += 1) {
    const client = connectTo(server.app.url);
    const follower = followEvents(client, sessionId, got.length);
    await Promise.race([follower.length(1 + Math.floor(random.next() * 4)).catch(() => undefined)]);
    client.terminate();
    got.push(...positionsOf(follower));
  }
  const client = connectTo(server.app.url);
  const last = followEvents(client, sessionId, got.length);
  expect(await last.ended()).toBe('complete');
  got.push(...positionsOf(last));
  await writing;

  expect(got).toEqual(upTo(400));
  await client.dispose();
}, 60_000);
