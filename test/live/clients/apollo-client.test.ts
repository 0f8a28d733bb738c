import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { OperationTypeNode } from 'graphql';
import { filter as where, firstValueFrom } from 'rxjs';
import { newId, newSession } from '../../api/conversation';
import { useTestApp } from '../../support/test-app';
import type { EventAdded } from '../follower';
import { allPositions, following, PositionSink, startCall } from './followed-call';
import { connectCuttable, type CuttableClient } from './cuttable-client';

const server = useTestApp();
let live: CuttableClient;
let client: ApolloClient;

/** https://www.apollographql.com/docs/react/data/subscriptions and …/pagination/cursor-based */
beforeAll(() => {
  live = connectCuttable(server.app.url);
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(live.client),
    new HttpLink({ uri: server.app.url }),
  );
  const pages = relayStylePagination(['filter', 'orderBy']);
  const cache = new InMemoryCache({ typePolicies: { Query: { fields: { sessions: pages } } } });
  client = new ApolloClient({ link, cache });
});

afterAll(async () => {
  client.stop();
  await live.client.dispose();
});

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
const list = gql`
  query List($filter: SessionFilter, $after: String) {
    sessions(first: 3, filter: $filter, after: $after) {
      edges {
        node {
          id
          sessionId
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

interface SessionList {
  readonly sessions: {
    readonly edges: readonly { readonly node: { readonly sessionId: string } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

function edgesOf(data: unknown): SessionList['sessions']['edges'] {
  return (data as SessionList | undefined)?.sessions?.edges ?? [];
}

describe('Apollo Client', () => {
  it('runs mutations and queries over HTTP', async () => {
    const sessionId = newId();
    const session = { __typename: 'Session', sessionId, status: 'INITIATED' };

    const created = await client.mutate({
      mutation: create,
      variables: { input: { sessionId, language: 'en' } },
    });
    const found = await client.query({
      query: read,
      variables: { sessionId },
      fetchPolicy: 'network-only',
    });

    expect(created.data).toMatchObject({ createSession: { created: true, session } });
    expect(found.data).toMatchObject({ session });
  });

  it('gets the code of an error', async () => {
    const input = { sessionId: newId(), language: 'no language' };

    const refused = client.mutate({ mutation: create, variables: { input } });

    await expect(refused).rejects.toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  it('follows a call by GraphQLWsLink, and goes on where it was', async () => {
    const { sessionId, write } = await startCall(server.app);
    const sink = new PositionSink(live.cut);

    client
      .subscribe<EventAdded>({ query: gql(following), variables: { sessionId, afterPosition: 0 } })
      .subscribe({
        next: ({ data }) => sink.take(data!.eventAdded.position),
        error: sink.fail,
        complete: sink.end,
      });
    await write();

    expect(await sink.complete).toEqual(allPositions);
    expect(live.connections()).toBeGreaterThan(1);
  });

  it('joins pages of sessions by relayStylePagination', async () => {
    const group = newId('group');
    const all: string[] = [];
    for (let index = 0; index < 7; index += 1)
      all.unshift(
        await newSession(server.app, {
          metadata: { group },
          startedAt: `2026-02-01T10:00:0${index}.000Z`,
        }),
      );
    const filter = { metadata: { group } };
    const pages = client.watchQuery<SessionList>({ query: list, variables: { filter } });
    const watching = pages.subscribe(() => undefined);
    /** Resolves to what is shown, once it has so many sessions. */
    const shown = async (count: number) => {
      const enough = where(({ data }: { data?: unknown }) => edgesOf(data).length >= count);
      const { data } = await firstValueFrom(pages.pipe(enough));
      return (data as SessionList).sessions;
    };

    for (const count of [3, 6]) {
      const { edges, pageInfo } = await shown(count);
      expect([edges.length, pageInfo.hasNextPage]).toEqual([count, true]);
      await pages.fetchMore({ variables: { after: pageInfo.endCursor } });
    }

    const { edges, pageInfo } = await shown(7);
    expect(edges.map(({ node }) => node.sessionId)).toEqual(all);
    expect(pageInfo.hasNextPage).toBe(false);
    watching.unsubscribe();
  });
});
