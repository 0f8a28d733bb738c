import { addEvent, addEvents, createSession, type Added, type Batch, type SessionState } from './operations';
import { describeEvent } from './demo-client';
import { add, type Scene } from './scene';

export async function begin({ call, client, narrator }: Scene): Promise<void> {
  const send = () =>
    client.tell<{ created: boolean; session: SessionState }>(
      createSession,
      { input: call.session },
      `${call.session.sessionId}  language ${call.session.language}  ${JSON.stringify(call.session.metadata)}`,
      ({ created, session }) => `created: ${created}, ${session.status}, language ${session.language}`,
    );
  const first = await send();
  narrator.promise('the session was created', first.data?.created, true);
  narrator.promise('its language is stored in canonical form', first.data?.session.language, 'en-US');
  narrator.promise(
    'its metadata came back exactly as sent',
    first.data?.session.metadata,
    call.session.metadata,
  );
  const again = await send();
  narrator.promise('a retry returns the same session and creates nothing', again.data, {
    ...first.data,
    created: false,
  });
}

export async function speak(scene: Scene): Promise<void> {
  const positions: (number | undefined)[] = [];
  for (const event of scene.call.opening) positions.push((await add(scene, event)).data?.event.position);
  scene.narrator.promise('positions count 1, 2, 3, … in the order of arrival', positions, [1, 2, 3, 4, 5, 6]);
}

export async function retry(scene: Scene): Promise<void> {
  const { call, client, narrator, sessionId } = scene;
  narrator.sent('addEvent', describeEvent(call.unsure));
  await client.quietly<Added>(addEvent, { input: { sessionId, ...call.unsure } });
  narrator.note('the network drops the answer: the client cannot know whether the event was stored');
  const again = await add(scene, call.unsure);
  narrator.promise('the retry finds the stored event, and stores nothing', again.data, {
    created: false,
    event: { eventId: call.unsure.eventId, position: 7 },
  });
}

export async function sendAtOnce({ call, client, narrator, sessionId }: Scene): Promise<void> {
  narrator.sent('addEvent × 8', describeEvent(call.doubled));
  const variables = { input: { sessionId, ...call.doubled } };
  const sends = Array.from({ length: 8 }, () => client.quietly<Added>(addEvent, variables));
  const answers = await Promise.all(sends);
  const created = answers.filter(({ data }) => data?.created).length;
  const known = answers.filter(({ data }) => data?.created === false).length;
  narrator.received(`${created} × created: true, ${known} × created: false`);
  narrator.promise('it was created exactly once', created, 1);
  const positions = new Set(answers.map(({ data }) => data?.event.position));
  narrator.promise('everyone got the same event, and nobody an error', [...positions], [8]);
}

export async function sendBatch(scene: Scene): Promise<void> {
  const { call, client, narrator, sessionId } = scene;
  const events = [call.unsure, ...call.batch].map((event) => ({ sessionId, ...event }));
  const batch = await client.tell<Batch>(
    addEvents,
    { input: { events } },
    `${events.length} events, ${events[0]?.eventId} to ${events.at(-1)?.eventId}`,
    (data) =>
      `${data.createdCount} created, ${data.duplicateCount} known already, ${data.rejectedCount} rejected`,
  );
  narrator.promise('each event of a batch is answered by itself', batch.data, {
    createdCount: call.batch.length,
    duplicateCount: 1,
    rejectedCount: 0,
  });
}

export async function contradict(scene: Scene): Promise<void> {
  const { narrator, call } = scene;
  narrator.promise('the stored event stands', (await add(scene, call.conflicting)).code, 'EVENT_CONFLICT');
}
