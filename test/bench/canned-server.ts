import { createConnection, createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * Passes the first message of each kind on to the real server, keeps its reply, and from then on answers that kind at
 * once with the same bytes. What a client does with it costs what the client and the socket cost.
 */
const replies = new Map<string, Buffer>();
const engine = decodeURIComponent(new URL(workerData as string).host);

/** Reads whole messages from a socket; here each comes in order, so the pieces need only be joined. */
function onMessages(socket: Socket, handle: (message: Buffer) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length > 0 ? Buffer.concat([pending, chunk]) : chunk;
    while (pending.length >= 4 && pending.length >= pending.readInt32LE(0)) {
      const length = pending.readInt32LE(0);
      handle(pending.subarray(0, length));
      pending = pending.subarray(length);
    }
  });
}

/** The command's name in OP_MSG; OP_QUERY, which is only a greeting here, by the opcode. */
function kindOf(message: Buffer): string {
  return message.readInt32LE(12) === 2013
    ? message.toString('latin1', 26, message.indexOf(0, 26))
    : 'greeting';
}

function answering(message: Buffer, reply: Buffer): Buffer {
  message.copy(reply, 8, 4, 8);
  return reply;
}

createServer({ noDelay: true }, (client) => {
  const upstream = createConnection(engine);
  const asked: string[] = [];
  client.on('error', () => client.destroy());
  client.on('close', () => upstream.destroy());
  onMessages(upstream, (reply) => {
    replies.set(asked.shift()!, Buffer.from(reply));
    client.write(reply);
  });
  onMessages(client, (message) => {
    const kind = kindOf(message);
    const reply = replies.get(kind);
    if (reply) {
      client.write(answering(message, Buffer.from(reply)));
    } else {
      asked.push(kind);
      upstream.write(message);
    }
  });
}).listen(0, '127.0.0.1', function (this: ReturnType<typeof createServer>) {
  parentPort?.postMessage((this.address() as { port: number }).port);
});
