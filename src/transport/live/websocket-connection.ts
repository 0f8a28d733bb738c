import { isUtf8 } from 'node:buffer';
import type { WebSocket } from 'ws';
import type { Caller } from '../access/caller';
import type { LiveConnection } from './live-connections';
import type { OperationScope } from './operation-scope';

/** Close codes. Clients of graphql-ws reconnect after 1001 and 4403, but not after the others. */
export const closeCodes = {
  goingAway: 1001,
  badRequest: 4400,
  forbidden: 4403,
  internalError: 4500,
} as const;

/** The longest delay of a timer, in milliseconds. */
const maxDelayMs = 2 ** 31 - 1;

export interface ConnectionLimits {
  /** Buffered bytes at which reading from the client and its subscriptions pauses. */
  readonly maxBufferedBytes: number;
  /** How long a client may accept no data, in milliseconds. */
  readonly stallTimeoutMs: number;
}

/** The origin of a connection. */
export interface ConnectionOrigin {
  /** For the log. */
  readonly id: string;
  readonly address: string;
  /** The headers of the handshake that can carry a credential. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** One WebSocket, as the protocol library uses it, with flow control. */
export class WebSocketConnection implements LiveConnection {
  /** Set once the connection is acknowledged. */
  caller: Caller | null = null;
  /** The size of the message that is being handled. */
  messageBytes = 0;
  /** Operations without a result and subscriptions that have not started, by the client's ids. */
  readonly pending = new Map<string, OperationScope>();
  private operations = 0;
  private isFinishing = false;
  /** Messages not yet handed to the network. */
  private unsent = 0;
  private lastSentAt = 0;
  /** When the client was pinged; null if it has responded. */
  private askedAt: number | null = null;
  private readonly waiting: (() => void)[] = [];
  private expiry: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: WebSocket,
    readonly origin: ConnectionOrigin,
    private readonly limits: ConnectionLimits,
  ) {
    socket.on('pong', () => (this.askedAt = null));
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  /** An id for the log lines of the next operation. */
  nextRequestId(): string {
    this.operations += 1;
    return `${this.origin.id}.${this.operations}`;
  }

  /** Resolves when the message is handed to the network; only then does a subscription take its next event. */
  async send(data: string): Promise<void> {
    if (this.isFull()) {
      // Otherwise a client that does not read could send pings until memory runs out.
      this.socket.pause();
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    if (!this.isOpen) return;
    if (this.unsent === 0) this.lastSentAt = Date.now();
    this.unsent += 1;
    return new Promise((resolve) => {
      this.socket.send(data, () => {
        this.sent();
        resolve();
      });
    });
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  /** Hands on the messages of the client, of which a binary one may be anything. */
  receiveBy(receive: (data: Buffer) => void): void {
    this.socket.on('message', (data: Buffer, isBinary: boolean) => {
      // A client that does not answer the close frame could go on with a credential that has expired.
      if (!this.isOpen) return;
      this.askedAt = null;
      // The network's library has checked the text of all others.
      if (isBinary && !isUtf8(data)) this.close(closeCodes.badRequest, 'The message is not valid UTF-8.');
      else receive(data);
    });
  }

  /** Reads nothing more from the client until `resume`. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Closes the connection when the caller's credential expires; the client may reconnect with a new one. */
  expireAt(time: number | null): void {
    if (time === null) return;
    const leftMs = time - Date.now();
    this.expiry = setTimeout(
      () =>
        leftMs > maxDelayMs
          ? this.expireAt(time)
          : this.close(closeCodes.forbidden, 'The credential has expired'),
      Math.min(Math.max(leftMs, 0), maxDelayMs),
    );
  }

  revoke(): void {
    this.close(closeCodes.forbidden, 'The credential was revoked');
  }

  /** Closes the connection once pending operations have results. Subscriptions end at once. */
  finish(): void {
    this.isFinishing = true;
    if (this.pending.size === 0) this.close(closeCodes.goingAway, 'The server is stopping');
  }

  /** An operation has its result, or its subscription has started. */
  settle(operationId: string): void {
    const scope = this.pending.get(operationId);
    this.pending.delete(operationId);
    scope?.release();
    // After the library has sent the operation's last message.
    if (this.isFinishing) setImmediate(() => this.finish());
  }

  /** Disconnects a client that accepts no data or is gone; pings the others. */
  check(): void {
    // A slow client reads a ping only after everything sent before it.
    const waitsSince =
      this.unsent > 0 ? this.lastSentAt : Math.max(this.askedAt ?? Infinity, this.lastSentAt);
    if (Date.now() - waitsSince > this.limits.stallTimeoutMs) return this.socket.terminate();
    this.askedAt ??= Date.now();
    if (this.isOpen) this.socket.ping();
  }

  /** The socket has closed: releases everything that waits for it. */
  closed(): void {
    clearTimeout(this.expiry);
    for (const scope of this.pending.values()) scope.leave();
    this.pending.clear();
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  terminate(): void {
    this.socket.terminate();
  }

  private sent(): void {
    this.unsent -= 1;
    this.lastSentAt = Date.now();
    if (this.waiting.length === 0 || this.isFull()) return;
    this.socket.resume();
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private isFull(): boolean {
    return this.socket.bufferedAmount > this.limits.maxBufferedBytes;
  }
}
