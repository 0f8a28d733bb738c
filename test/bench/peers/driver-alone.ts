import 'reflect-metadata';
import Fastify from 'fastify';
import { openPeerStore } from './peer-store';
import { listen } from './listen';

interface Body {
  query: string;
  variables: { sessionId: string };
}

/** The driver alone: the same page with all its fields, and JSON.stringify, in a bare route. */
async function main(): Promise<void> {
  const { store, close } = await openPeerStore();
  const server = Fastify();
  server.post('/graphql', async (request, reply) => {
    const { query, variables } = request.body as Body;
    const limit = Number(/first: (\d+)/.exec(query)?.[1]);
    const page = store.events.find({ sessionId: variables.sessionId });
    const rows = await page.sort({ timestamp: 1, position: 1 }).limit(limit).toArray();
    return reply.type('application/json').send(JSON.stringify({ data: rows }));
  });
  listen(server, close);
}

void main();
