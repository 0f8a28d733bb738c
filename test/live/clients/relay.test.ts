import {
  commitMutation,
  Environment,
  fetchQuery,
  type FetchFunction,
  type GraphQLResponse,
  type MutationParameters,
  Network,
  Observable,
  RecordSource,
  requestSubscription,
  Store,
  type SubscribeFunction,
} from 'relay-runtime';
import { newId } from '../../api/conversation';
import { useTestApp } from '../../support/test-app';
import type { EventAdded } from '../follower';
import { allPositions, PositionSink, startCall } from './followed-call';
import { createSession, followEvents, readSession } from './relay-requests';
import { connectCuttable, type CuttableClient } from './cuttable-client';

const server = useTestApp();
let live: CuttableClient;
let environment: Environment;

/** https://relay.dev/docs/guides/network-layer and …/guided-tour/updating-data/graphql-subscriptions */
beforeAll(() => {
  live = connectCuttable(server.app.url);
  const fetchFunction: FetchFunction = async ({ text }, variables) => {
    const response = await fetch(server.app.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: text, variables }),
    });
    return (await response.json()) as GraphQLResponse;
  };
  const subscribe: SubscribeFunction = ({ name, text }, variables) =>
    Observable.create((sink) =>
      live.client.subscribe({ operationName: name, query: text!, variables }, sink as never),
    );
  environment = new Environment({
    network: Network.create(fetchFunction, subscribe),
    store: new Store(new RecordSource()),
  });
});

afterAll(() => live.client.dispose());

function create(input: object): Promise<unknown> {
  return new Promise((resolve, reject) =>
    commitMutation<MutationParameters>(environment, {
      mutation: createSession,
      variables: { input },
      onCompleted: (response, errors) => resolve({ response, errors }),
      onError: reject,
    }),
  );
}

describe('Relay', () => {
  it('runs mutations and queries over HTTP', async () => {
    const sessionId = newId();
    const session = { sessionId, status: 'INITIATED' };

    const created = await create({ sessionId, language: 'en' });
    const found = await fetchQuery(environment, readSession, { sessionId }).toPromise();

    expect(created).toMatchObject({ response: { createSession: { created: true, session } }, errors: null });
    expect(found).toMatchObject({ session });
  });

  it('gets the code of an error', async () => {
    const refused = create({ sessionId: newId(), language: 'no language' });

    await expect(refused).rejects.toMatchObject({
      source: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    });
  });

  it('follows a call, and goes on where it was', async () => {
    const { sessionId, write } = await startCall(server.app);
    const sink = new PositionSink(live.cut);

    requestSubscription<{ response: EventAdded; variables: Record<string, unknown> }>(environment, {
      subscription: followEvents,
      variables: { sessionId, afterPosition: 0 },
      onNext: (data) => sink.take(data!.eventAdded.position),
      onError: sink.fail,
      onCompleted: sink.end,
    });
    await write();

    expect(await sink.complete).toEqual(allPositions);
    expect(live.connections()).toBeGreaterThan(1);
  });
});
