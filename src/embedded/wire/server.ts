import { chmod } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Engine, EngineLog } from '../engine';
import { Connection, type ConnectionHost } from './connection';

const LOOPBACK = '127.0.0.1';
const MAX_CONNECTIONS = 10_000;
/** On a Unix socket, a connection beyond this is refused at once rather than delayed. */
const MAX_WAITING_CONNECTIONS = 4_096;
/** Over all connections: messages that are still coming in and replies that nobody takes. */
const MAX_HELD_BYTES = 512 * 1024 * 1024;
/** Less than this is not worth counting: it is what a socket holds anyway. */
const COUNTED_FROM_BYTES = 16 * 1024;
const STALLED_AFTER_MS = 30_000;
const CLOSE_WITHIN_MS = 5_000;

/** A Unix socket, or a port of the loopback interface (0 takes a free one). */
export type Place = { socketPath: string } | { port: number };

/** Serves MongoDB's wire protocol from one engine. */
export class WireServer implements ConnectionHost {
  private readonly connections = new Set<Connection>();
  private readonly server: Server;
  private readonly sweeper: NodeJS.Timeout;
  private lastConnectionId = 0;
  private address = '';

  constructor(
    readonly engine: Engine,
    readonly log: EngineLog,
    private readonly stalledAfter = STALLED_AFTER_MS,
  ) {
    this.server = createServer({ noDelay: true }, (socket) => this.accept(socket));
    this.server.maxConnections = MAX_CONNECTIONS;
    this.sweeper = setInterval(() => this.closeStalled(), stalledAfter / 4).unref();
  }

  /** Starts to listen; resolves to the host and port, or the socket's path. Rejects with the system's error. */
  async listen(place: Place): Promise<string> {
    const backlog = MAX_WAITING_CONNECTIONS;
    this.server.listen(
      'port' in place ? { host: LOOPBACK, port: place.port, backlog } : { path: place.socketPath, backlog },
    );
    await once(this.server, 'listening');
    if ('socketPath' in place) {
      await chmod(place.socketPath, 0o700);
      this.address = place.socketPath;
    } else {
      this.address = `${LOOPBACK}:${(this.server.address() as AddressInfo).port}`;
    }
    return this.address;
  }

  /** Answers what is running, then closes every connection; those that take longer than 5 seconds are cut off. */
  async close(): Promise<void> {
    clearInterval(this.sweeper);
    const closed = this.server.listening ? once(this.server, 'close') : undefined;
    this.server.close();
    for (const connection of this.connections) connection.end();
    const cutOff = setTimeout(() => this.connections.forEach((each) => each.destroy()), CLOSE_WITHIN_MS);
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
    if (total > MAX_HELD_BYTES) largest.destroy();
  }

  private accept(socket: Socket): void {
    const connection = new Connection(++this.lastConnectionId, this.address, socket, this);
    this.connections.add(connection);
    connection.onClose(() => this.connections.delete(connection));
  }

  private closeStalled(): void {
    const limit = Date.now() - this.stalledAfter;
    for (const connection of this.connections) {
      if (connection.isStalledSince(limit)) connection.destroy();
    }
  }
}
