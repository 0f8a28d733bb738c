import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { type AuditResult, serverAudits } from 'graphql-http';
import { useTestApp } from '../support/test-app';

const server = useTestApp();
const plainApollo = new ApolloServer({
  typeDefs: 'type Query { hello: String }',
  stopOnTerminationSignals: false,
});
let plainUrl: string;

beforeAll(async () => {
  ({ url: plainUrl } = await startStandaloneServer(plainApollo, { listen: { host: '127.0.0.1', port: 0 } }));
});

afterAll(() => plainApollo.stop());

const ours = serverAudits({ url: () => server.app.url, fetchFn: fetch });
const plain = serverAudits({ url: () => plainUrl, fetchFn: fetch });

function statusOf(result: AuditResult | undefined): string | undefined {
  return result?.status;
}

describe('GraphQL over HTTP, as its audit suite reads it: no worse than plain Apollo, and never wrong', () => {
  it.each(ours.map((audit) => [audit.name, audit] as const))('%s', async (name, audit) => {
    const status = statusOf(await audit.fn());

    expect(status).not.toBe('error');
    if (status !== 'ok')
      expect(status).toBe(statusOf(await plain.find((other) => other.name === name)?.fn()));
  });
});
