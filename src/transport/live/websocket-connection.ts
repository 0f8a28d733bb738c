import { isUtf8 } from 'node:buffer';
import type { WebSocket } from 'ws';
import type { Caller } from '../access/caller';
import type { LiveConnection } from './live-connections';
import type { OperationScope } from './operation-scope';

/** Close codes: 1001 and 4403 let clients of graphql-ws connect again, the others do not. */
export const closeCodes = {
  goingAway: 1001,
  badRequest: 4400,
  forbidden: 4403,
  internalError: 4500,
} as const;

/** The longest delay of a timer, in milliseconds. */
const maxDelayMs = 2 ** 31 - 1;

export interface ConnectionLimits {
  /** Bytes that may wait to be sent before nothing more is read from the client and from its subscriptions. */
  readonly maxBufferedBytes: number;
  /** How long a client may take nothing of what is sent to it. */
  readonly stallTimeoutMs: number;
}

/** Where a connection comes from. */
export interface ConnectionOrigin {
  /** For the log. */
  readonly id: string;
  readonly address: string;
  /** Those of the handshake that can carry a credential. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** One WebSocket as the protocol's library sees it, and how its client keeps up. */
export class WebSocketConnection implements LiveConnection {
  /** Set when the connection has been acknowledged. */
  caller: Caller | null = null;
  /** Operations that have not answered yet, and subscriptions that have not begun, by the client's ids. */
  readonly pending = new Map<string, OperationScope>();
  private operations = 0;
  private isFinishing = false;
  /** Messages that the network has not taken yet. */
  private unsent = 0;
  private lastSentAt = 0;
  /** When it was asked whether it is there; null where it has said something since. */
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

  /** An id for the next operation's lines in the log. */
  nextRequestId(): string {
    this.operations += 1;
    return `${this.origin.id}.${this.operations}`;
  }

  /** Resolves when the network has taken the message, which is when the next one of a subscription is asked for. */
  async send(data: string): Promise<void> {
    if (this.isFull()) {
      // A client that does not read could otherwise have us answer its pings until memory runs out.
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

  /** Closes the connection when its caller's credential expires; the client may come again with a new one. */
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

  /** Closes the connection when what is being answered has been answered. Subscriptions end at once. */
  finish(): void {
    this.isFinishing = true;
    if (this.pending.size === 0) this.close(closeCodes.goingAway, 'The server is stopping');
  }

  /** An operation has been answered, or its subscription has begun. */
  settle(operationId: string): void {
    const scope = this.pending.get(operationId);
    this.pending.delete(operationId);
    scope?.release();
    // After the library has sent the last message of the operation.
    if (this.isFinishing) setImmediate(() => this.finish());
  }

  /** Cuts off a client that takes nothing, or that has vanished; asks the others whether they are there. */
  check(): void {
    // A slow client comes to a ping only behind everything that was sent before it.
    const waitsSince =
      this.unsent > 0 ? this.lastSentAt : Math.max(this.askedAt ?? Infinity, this.lastSentAt);
    if (Date.now() - waitsSince > this.limits.stallTimeoutMs) return this.socket.terminate();
    this.askedAt ??= Date.now();
    if (this.isOpen) this.socket.ping();
  }

  /** The socket has closed: nobody waits for anything any more. */
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
