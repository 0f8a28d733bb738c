import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { newSession } from '../api/conversation';
import { useTestApp } from '../support/test-app';

const test = useTestApp({ MAX_BODY_BYTES: '100000' });

function open(headers: string): Socket {
  const { host, hostname, port } = new URL(test.app.url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n${headers}\r\n\r\n`,
  );
  return socket;
}

/** What comes back until the connection closes. */
async function answerOf(socket: Socket): Promise<string> {
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  await once(socket, 'end');
  socket.end();
  return answer;
}

const chunk = (piece: Buffer | string) => `${Buffer.byteLength(piece).toString(16)}\r\n`;

describe('a body', () => {
  it('may come byte by byte, characters in halves', async () => {
    const sessionId = await newSession(test.app, { metadata: { name: 'Zoë 🎧' } });
    const query = `{ session(sessionId: ${JSON.stringify(sessionId)}) { metadata } } # 🎧`;
    const socket = open('connection: close\r\ntransfer-encoding: chunked');
    for (const byte of Buffer.from(JSON.stringify({ query }))) {
      const piece = Buffer.from([byte]);
      socket.write(Buffer.concat([Buffer.from(chunk(piece)), piece, Buffer.from('\r\n')]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.write('0\r\n\r\n');

    expect(await answerOf(socket)).toContain('{"data":{"session":{"metadata":{"name":"Zoë 🎧"}}}}');
  });

  it('that says it is too large is refused before it has come, and its connection closed', async () => {
    const answer = await answerOf(open('content-length: 100001'));

    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/);
    expect(answer).toContain('The body is larger than 100000 bytes.');
  });

  it('that does not say how large it is is refused once it is too large', async () => {
    const socket = open('transfer-encoding: chunked');
    for (let sent = 0; sent <= 100_000; sent += 1000) {
      const piece = ' '.repeat(1000);
      socket.write(`${chunk(piece)}${piece}\r\n`);
    }
    const answer = await answerOf(socket);

    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/);
  });

  it('that stops in the middle does no harm', async () => {
    const socket = open('content-length: 50000');
    socket.write('{"query":"');
    socket.destroy();
    await once(socket, 'close');

    expect(await test.app.send('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
  });
});
