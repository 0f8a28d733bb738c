import { createClient as createSseClient } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { addMany, newSession, speech } from '../api/conversation';
import { AddEventDocument, CompleteSessionDocument } from '../generated/operations';
import { useTestApp } from '../support/test-app';
import { type EventAdded, upTo } from './follower';

const server = useTestApp();
const query = `subscription ($sessionId: ID!, $afterPosition: Int) {
  eventAdded(sessionId: $sessionId, afterPosition: $afterPosition) { position }
}`;

/** What both libraries' clients have in common. */
interface SubscribingClient {
  subscribe(
    request: { query: string; variables: Record<string, unknown> },
    sink: {
      next(result: { data?: EventAdded | null }): void;
      error(error: unknown): void;
      complete(): void;
    },
  ): () => void;
  dispose(): unknown;
}

/** Follows to the end as the README shows it: the variables are where the client goes on when it connects again. */
function positionsBy(client: SubscribingClient, sessionId: string, seen: (position: number) => void) {
  const variables = { sessionId, afterPosition: 0 };
  const positions: number[] = [];
  return new Promise<number[]>((resolve, reject) => {
    client.subscribe(
      { query, variables },
      {
        next({ data }) {
          variables.afterPosition = data!.eventAdded.position;
          positions.push(variables.afterPosition);
          seen(variables.afterPosition);
        },
        error: reject,
        complete: () => resolve(positions),
      },
    );
  });
}

async function write(sessionId: string): Promise<void> {
  for (let index = 0; index < 20; index += 1)
    await server.app.execute(AddEventDocument, { input: speech(sessionId, `live-${index}`) });
  await server.app.execute(CompleteSessionDocument, { input: { sessionId } });
}

describe('the clients of both protocols', () => {
  it('graphql-ws: goes on where it was when it has to connect again', async () => {
    const sessionId = await newSession(server.app);
    await addMany(server.app, sessionId, 30);
    const sockets: WebSocket[] = [];
    class CuttableSocket extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol);
        sockets.push(this);
      }
    }
    const client = createClient({
      url: server.app.url.replace('http', 'ws'),
      webSocketImpl: CuttableSocket,
      retryAttempts: Infinity,
      retryWait: async () => undefined,
      shouldRetry: () => true,
    });

    const following = positionsBy(client as SubscribingClient, sessionId, (position) => {
      if (position % 7 === 0) sockets.at(-1)!.terminate();
    });
    await write(sessionId);

    expect(await following).toEqual(upTo(50));
    expect(sockets.length).toBeGreaterThan(3);
    await client.dispose();
  });

  it('graphql-sse: follows to the end', async () => {
    const sessionId = await newSession(server.app);
    await addMany(server.app, sessionId, 30);
    const client = createSseClient({ url: `${server.app.url}/stream` });

    const following = positionsBy(client as SubscribingClient, sessionId, () => undefined);
    await write(sessionId);

    expect(await following).toEqual(upTo(50));
    client.dispose();
  });
});
