import type { Client } from 'graphql-ws';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksUnder } from '../../documentation/documents';
import { useTestApp } from '../../support/test-app';
import type { EventAdded } from '../follower';
import { allPositions, following, PositionSink, startCall } from './followed-call';
import { connectCuttable, connectCuttableStreams } from './cuttable-client';

const server = useTestApp();

function follow(client: Client, sessionId: string, cut: () => void): PositionSink {
  const sink = new PositionSink(cut);
  client.subscribe<EventAdded>(
    { query: following, variables: { sessionId, afterPosition: 0 } },
    {
      next: ({ data }) => sink.take(data!.eventAdded.position),
      error: sink.fail,
      complete: sink.end,
    },
  );
  return sink;
}

describe('the clients of both protocols', () => {
  it.each([
    ['graphql-ws', connectCuttable],
    ['graphql-sse', connectCuttableStreams],
  ])('%s goes on where it was when it has to connect again', async (_library, connect) => {
    const { sessionId, write } = await startCall(server.app);
    const { client, connections, cut } = connect(server.app.url);

    const sink = follow(client, sessionId, cut);
    await write();

    expect(await sink.complete).toEqual(allPositions);
    expect(connections()).toBeGreaterThan(1);
    await client.dispose();
  });
});

it('resume by the function that the README shows', () => {
  const source = readFileSync(join(__dirname, '../../../../test/live/clients/resuming.ts'), 'utf8');

  expect(blocksUnder('Following a call live').map(({ code }) => code)).toContain(source);
});
