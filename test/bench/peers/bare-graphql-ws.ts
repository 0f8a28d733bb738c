import { EventEmitter, on } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

interface NewEvent {
  readonly sessionId: string;
  readonly eventId: string;
  readonly type: string;
  readonly payload: unknown;
}

const schema = buildSchema(`
  scalar JSONObject
  type Event { eventId: ID! position: Int! type: String! payload: JSONObject! }
  type Query { nothing: Int }
  type Subscription { eventAdded(sessionId: ID!): Event! }
`);

/** Subscriptions as the README of graphql-ws shows them, over an emitter in memory: nothing is stored. */
const emitter = new EventEmitter();
emitter.setMaxListeners(0);
const positions = new Map<string, number>();

async function* eventAdded({ sessionId }: { sessionId: string }) {
  for await (const [event] of on(emitter, sessionId)) yield { eventAdded: event as unknown };
}

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const { variables } = JSON.parse(body) as { variables: { input: NewEvent } };
    const { sessionId } = variables.input;
    const position = (positions.get(sessionId) ?? 0) + 1;
    positions.set(sessionId, position);
    emitter.emit(sessionId, { ...variables.input, position });
    const answer = JSON.stringify({ data: { addEvent: { created: true, event: { position } } } });
    response.setHeader('content-length', answer.length);
    response.end(answer);
  });
});
useServer(
  { schema, roots: { subscription: { eventAdded } } },
  new WebSocketServer({ server, path: '/graphql' }),
);
process.once('SIGTERM', () => process.exit(0));
server.listen(0, '127.0.0.1', 4096, () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`);
});
