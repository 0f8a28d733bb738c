import { Agent, request } from 'node:http';
import { useTestApp } from '../support/test-app';

const clients = 1000;
const server = useTestApp();

/** One POST on a connection of its own, kept open until all have been answered. */
function post(agent: Agent, query: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request(server.app.url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(JSON.parse(text)));
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ query }));
  });
}

it('a thousand clients at once are all answered', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const query =
    'mutation { createSession(input: {sessionId: "crowd", language: "en"}) { created session { sessionId } } }';

  const answers = await Promise.all(Array.from({ length: clients }, () => post(agent, query)));
  agent.destroy();

  const session = { sessionId: 'crowd' };
  expect(answers.filter((answer) => JSON.stringify(answer).includes('"created":true'))).toHaveLength(1);
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
    new Set(
      [true, false].map((created) => JSON.stringify({ data: { createSession: { created, session } } })),
    ),
  );
}, 60_000);
