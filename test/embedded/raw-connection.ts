import { createConnection, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';

const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER_BYTES = 16;

/** A message with a header that is right, whatever its contents. */
export function frame(opcode: number, contents: Buffer, requestId = 1): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(HEADER_BYTES + contents.length, 0);
  header.writeInt32LE(requestId, 4);
  header.writeInt32LE(opcode, 12);
  return Buffer.concat([header, contents]);
}

/** OP_MSG with one body; `sections` are appended as they are. */
export function opMsg(body: Document | Buffer, { flags = 0, sections = [] as Buffer[] } = {}): Buffer {
  const bytes = Buffer.isBuffer(body) ? body : BSON.serialize(body);
  return frame(OP_MSG, Buffer.concat([uint32(flags), Buffer.from([0]), bytes, ...sections]));
}

/** A section of kind 1: documents beside the body. */
export function documentSequence(name: string, documents: Document[]): Buffer {
  const contents = Buffer.concat([
    Buffer.from(`${name}\0`),
    ...documents.map((each) => BSON.serialize(each)),
  ]);
  return Buffer.concat([Buffer.from([1]), uint32(contents.length + 4), contents]);
}

export function opQuery(namespace: string, query: Document): Buffer {
  const contents = [uint32(0), Buffer.from(`${namespace}\0`), uint32(0), uint32(1), BSON.serialize(query)];
  return frame(OP_QUERY, Buffer.concat(contents));
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A client that sends whatever it is told to. */
export class RawConnection {
  private received = Buffer.alloc(0);
  private changed: () => void = () => undefined;
  closed = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.changed();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.changed();
    });
  }

  /** Connects to the engine of a connection string. */
  static async open(uri: string): Promise<RawConnection> {
    const host = decodeURIComponent(new URL(uri).host);
    const [, port] = host.split(':');
    const socket = port ? createConnection(Number(port), '127.0.0.1') : createConnection(host);
    const connection = new RawConnection(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return connection;
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The document of the next reply, or 'closed' when the connection ends before there is one. */
  async reply(): Promise<Document | 'closed'> {
    for (;;) {
      const length = this.received.length >= 4 ? this.received.readInt32LE(0) : Infinity;
      if (this.received.length >= length) {
        const message = this.received.subarray(0, length);
        this.received = this.received.subarray(length);
        const start = message.readInt32LE(12) === OP_MSG ? HEADER_BYTES + 5 : HEADER_BYTES + 20;
        return BSON.deserialize(message.subarray(start), { promoteValues: true });
      }
      if (this.closed) return 'closed';
      await new Promise<void>((resolve) => (this.changed = resolve));
    }
  }

  async ask(bytes: Buffer): Promise<Document | 'closed'> {
    this.send(bytes);
    return this.reply();
  }

  destroy(): void {
    this.socket.destroy();
  }
}
