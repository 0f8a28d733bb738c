import { chmod } from 'node:fs/promises';
import { type AddressInfo, createServer, type ListenOptions, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Engine, EngineLog } from '../engine';
import { ConnectionState, Reply } from '../commands/request';
import { MongoError } from '../language/errors';
import { FrameReader, parseMessage, ProtocolError, wantsReply } from './message';
import { encodeReply } from './reply';
import { errorReply, runCommand } from './request';

const MAX_CONNECTIONS = 10_000;
/** On a Unix socket, a connection beyond this is refused at once rather than delayed. */
const MAX_WAITING_CONNECTIONS = 4_096;
/** Over all connections: messages that are still coming in and replies that nobody takes. */
const MAX_HELD_BYTES = 512 * 1024 * 1024;
/** Less than this is not worth counting: it is what a socket holds anyway. */
const COUNTED_FROM_BYTES = 16 * 1024;
const STALLED_AFTER_MS = 30_000;
const CLOSE_WITHIN_MS = 5_000;

/** Serves MongoDB's wire protocol from one engine. */
export class WireServer {
  private readonly connections = new Set<Connection>();
  private readonly server = createServer({ noDelay: true }, (socket) => this.accept(socket));
  private readonly sweeper: NodeJS.Timeout;
  private lastConnectionId = 0;
  private address = '';

  constructor(
    readonly engine: Engine,
    readonly log: EngineLog,
    private readonly stalledAfter = STALLED_AFTER_MS,
  ) {
    this.server.maxConnections = MAX_CONNECTIONS;
    this.sweeper = setInterval(() => this.closeStalled(), stalledAfter / 4).unref();
  }

  /** Starts to listen on a Unix socket or a port; resolves to its path, or host and port. Rejects with the system's error. */
  async listen(place: ListenOptions): Promise<string> {
    this.server.listen({ ...place, backlog: MAX_WAITING_CONNECTIONS });
    await once(this.server, 'listening');
    if (place.path) await chmod(place.path, 0o700);
    const bound = this.server.address() as AddressInfo | string;
    this.address = typeof bound === 'string' ? bound : `${bound.address}:${bound.port}`;
    return this.address;
  }

  /** Answers what is running, then closes every connection; those that take longer than 5 seconds are cut off. */
  async close(): Promise<void> {
    clearInterval(this.sweeper);
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const connection of this.connections) connection.end();
    const destroyAll = () => this.connections.forEach(({ socket }) => socket.destroy());
    const cutOff = setTimeout(destroyAll, CLOSE_WITHIN_MS);
    await closed;
    clearTimeout(cutOff);
  }

  /** Keeps memory bounded whatever clients do: beyond the limit, the one that holds most is closed. */
  noteHeldBytes(connection: Connection): void {
    if (connection.heldBytes < COUNTED_FROM_BYTES) return;
    let total = 0;
    let largest = connection;
    for (const each of this.connections) {
      total += each.heldBytes;
      if (each.heldBytes > largest.heldBytes) largest = each;
    }
    if (total > MAX_HELD_BYTES) largest.socket.destroy();
  }

  private accept(socket: Socket): void {
    const connection = new Connection(++this.lastConnectionId, this.address, socket, this);
    this.connections.add(connection);
    socket.on('close', () => {
      this.connections.delete(connection);
      this.engine.sessions.clientGone();
    });
  }

  private closeStalled(): void {
    const limit = Date.now() - this.stalledAfter;
    for (const connection of this.connections) {
      if ((connection.owedSince ?? limit) < limit) connection.socket.destroy();
    }
  }
}

const INVALID_BSON = 22;

/**
 * One client. Its messages are served one after the other, as MongoDB does. While one is being served, or its reply
 * waits for a slow reader, at most one more piece is taken from the socket.
 */
class Connection implements ConnectionState {
  private readonly reader = new FrameReader();
  private isServing = false;
  private isEnding = false;
  /** Since when the peer owes us its first message, the rest of one, or to take a reply (ms since 1970). */
  owedSince: number | null = Date.now();

  constructor(
    readonly id: number,
    readonly address: string,
    readonly socket: Socket,
    private readonly server: WireServer,
  ) {
    socket.on('data', (chunk) => this.receive(chunk));
    // The close that follows says all there is to say: the peer is gone.
    socket.on('error', () => socket.destroy());
  }

  get gone(): boolean {
    return this.socket.destroyed;
  }

  /** Bytes in memory for this client: what it sent and we have not served, what we sent and it has not taken. */
  get heldBytes(): number {
    return this.reader.buffered + this.socket.writableLength;
  }

  /** Closes as soon as the command that runs, if any, has been answered. */
  end(): void {
    this.isEnding = true;
    if (!this.isServing) this.socket.destroySoon();
  }

  private receive(chunk: Buffer): void {
    this.reader.push(chunk);
    if (this.isServing) this.socket.pause();
    else void this.serve();
    this.server.noteHeldBytes(this);
  }

  /** Serves the messages that have arrived. */
  private async serve(): Promise<void> {
    this.isServing = true;
    try {
      for (let frame = this.reader.next(); frame && !this.isEnding; frame = this.reader.next()) {
        this.owedSince = null;
        const reply = await this.replyTo(frame);
        if (wantsReply(frame) && !this.socket.write(encodeReply(reply, frame))) await this.drained();
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) this.server.log('a connection failed unexpectedly', error);
      this.socket.destroy();
    }
    this.isServing = false;
    if (this.isEnding) return this.socket.destroySoon();
    if (this.reader.buffered > 0) this.owedSince ??= Date.now();
    if (this.socket.isPaused()) this.socket.resume();
  }

  private async replyTo(frame: Buffer): Promise<Reply> {
    const { engine, log } = this.server;
    try {
      return await runCommand(parseMessage(frame), this, engine, log);
    } catch (error) {
      if (!(error instanceof MongoError)) throw error;
      // Who sends broken BSON has lost the thread; who nests too deep may go on.
      this.isEnding ||= error.code === INVALID_BSON;
      return errorReply(error, log);
    }
  }

  /** Resolves when the peer has taken what was written; never, when it goes away. */
  private async drained(): Promise<void> {
    this.owedSince = Date.now();
    this.server.noteHeldBytes(this);
    await new Promise<void>((resolve) => this.socket.once('drain', resolve));
    this.owedSince = null;
  }
}
