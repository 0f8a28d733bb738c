import {
  type AnyVariables,
  cacheExchange,
  Client,
  fetchExchange,
  gql,
  type OperationResult,
  subscriptionExchange,
} from '@urql/core';
import type { Client as LiveClient } from 'graphql-ws';
import { newId } from '../../api/conversation';
import { useTestApp } from '../../support/test-app';
import type { EventAdded } from '../follower';
import { allPositions, following, PositionSink, startCall } from './followed-call';
import { connectCuttable, connectCuttableStreams } from './cuttable-client';

const server = useTestApp();

/** https://nearform.com/open-source/urql/docs/advanced/subscriptions and https://the-guild.dev/graphql/sse/recipes */
function urqlOver(live: LiveClient): Client {
  return new Client({
    url: server.app.url,
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: live.subscribe({ ...request, query: request.query ?? '' }, sink as never),
          }),
        }),
      }),
    ],
  });
}

/** Follows to the end, when urql repeats the last result and says that there is no next one. */
function follow(client: Client, sessionId: string, cut: () => void): PositionSink {
  const sink = new PositionSink(cut);
  const take = ({ data, error, hasNext }: OperationResult<EventAdded, AnyVariables>): void => {
    if (error) sink.fail(error);
    else if (hasNext) sink.take(data!.eventAdded.position);
    else sink.end();
  };
  client.subscription<EventAdded>(following, { sessionId, afterPosition: 0 }).subscribe(take);
  return sink;
}

const create = gql`
  mutation Create($input: CreateSessionInput!) {
    createSession(input: $input) {
      created
      session {
        id
        sessionId
        status
      }
    }
  }
`;
const read = gql`
  query Read($sessionId: ID!) {
    session(sessionId: $sessionId) {
      id
      sessionId
      status
    }
  }
`;

describe('urql', () => {
  it('runs mutations and queries over HTTP', async () => {
    const client = urqlOver(connectCuttable(server.app.url).client);
    const sessionId = newId();

    const created = await client.mutation(create, { input: { sessionId, language: 'en' } }).toPromise();
    const found = await client.query(read, { sessionId }).toPromise();

    expect(created.data).toMatchObject({ createSession: { created: true } });
    expect(found.data).toMatchObject({ session: { sessionId, status: 'INITIATED' } });
  });

  it('gets the code of an error', async () => {
    const client = urqlOver(connectCuttable(server.app.url).client);

    const { error } = await client
      .mutation(create, { input: { sessionId: newId(), language: 'no language' } })
      .toPromise();

    expect(error!.graphQLErrors[0]!.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('follows a call by subscriptionExchange, and goes on where it was', async () => {
    const { sessionId, write } = await startCall(server.app);
    const live = connectCuttable(server.app.url);

    const sink = follow(urqlOver(live.client), sessionId, live.cut);
    await write();

    expect(await sink.complete).toEqual(allPositions);
    expect(live.connections()).toBeGreaterThan(1);
    await live.client.dispose();
  });

  it('follows a call over server-sent events by graphql-sse', async () => {
    const { sessionId, write } = await startCall(server.app);
    const live = connectCuttableStreams(server.app.url);

    const sink = follow(urqlOver(live.client), sessionId, live.cut);
    await write();

    expect(await sink.complete).toEqual(allPositions);
    expect(live.connections()).toBeGreaterThan(1);
    await live.client.dispose();
  });

  it('follows a call over server-sent events by its own fetchSubscriptions', async () => {
    const { sessionId, write } = await startCall(server.app);
    const client = new Client({
      url: server.app.url,
      exchanges: [cacheExchange, fetchExchange],
      fetchSubscriptions: true,
    });

    const sink = follow(client, sessionId, () => undefined);
    await write();

    expect(await sink.complete).toEqual(allPositions);
  });
});
