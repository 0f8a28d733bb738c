import type { CallEvent } from './conversation';
import { readPage, type Page } from './operations';
import { wholeCall, type Scene } from './scene';

async function readPages(scene: Scene, direction: 'forwards' | 'backwards'): Promise<CallEvent[]> {
  const events: CallEvent[] = [];
  for (let cursor: string | null = null; ;) {
    const range: object =
      direction === 'forwards' ? { first: 7, after: cursor } : { last: 7, before: cursor };
    const page = await scene.client.tell<Page>(
      readPage,
      { id: scene.sessionId, ...range },
      `${scene.sessionId}  ${JSON.stringify(range).replaceAll('"', '')}`,
      ({ events: { nodes } }) => nodes.map(({ eventId }) => eventId).join(' '),
    );
    if (!page.data) return events;
    const { nodes, pageInfo } = page.data.events;
    const plain = nodes.map(({ eventId, type, timestamp, payload }) => ({
      eventId,
      type,
      timestamp,
      payload,
    }));
    if (direction === 'forwards') events.push(...plain);
    else events.unshift(...plain);
    if (!(direction === 'forwards' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return events;
    cursor = direction === 'forwards' ? pageInfo.endCursor : pageInfo.startCursor;
  }
}

export async function readForwards(scene: Scene): Promise<void> {
  const { narrator, call } = scene;
  const events = await readPages(scene, 'forwards');
  narrator.promise(
    `all ${events.length} events, none skipped or repeated, payloads exactly as sent`,
    events,
    wholeCall(call),
  );
}

export async function readOtherwise(scene: Scene): Promise<void> {
  const { narrator, call, client, sessionId } = scene;
  const backwards = await readPages(scene, 'backwards');
  narrator.promise('the same conversation from the other end', backwards, wholeCall(call));
  const variables = { id: sessionId, first: 50, filter: { types: ['USER_SPEECH'] } };
  const spoken = await client.tell<Page>(readPage, variables, 'only USER_SPEECH', ({ events: { nodes } }) =>
    nodes.map(({ eventId }) => eventId).join(' '),
  );
  const ids = (events: readonly CallEvent[] = []) => events.map(({ eventId }) => eventId);
  const expected = ids(wholeCall(call).filter(({ type }) => type === 'USER_SPEECH'));
  narrator.promise('the filter leaves only what the caller said', ids(spoken.data?.events.nodes), expected);
}
