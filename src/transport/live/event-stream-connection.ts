import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Caller } from '../access/caller';
import type { LiveConnection } from './live-connections';

/** A comment, which clients ignore: it keeps proxies from closing the connection as idle. */
const comment = ':\n\n';

/** The longest delay of a timer, in milliseconds; a credential may last longer. */
const maxDelayMs = 2 ** 31 - 1;

/** One response of server-sent events, with flow control. */
export class EventStreamConnection implements LiveConnection {
  private blockedSince: number | null = null;
  private readonly stop = new AbortController();
  private expiry: NodeJS.Timeout | undefined;

  constructor(
    private readonly response: ServerResponse,
    readonly caller: Caller,
    private readonly stallTimeoutMs: number,
  ) {
    response.once('close', () => {
      clearTimeout(this.expiry);
      this.stop.abort();
    });
  }

  /** Aborts when the client has disconnected or the server is stopping. */
  get signal(): AbortSignal {
    return this.stop.signal;
  }

  /** Sends the head and a first comment, because some browsers wait for a body. */
  start(headers: Readonly<Record<string, string>>): void {
    this.response.writeHead(200, headers);
    this.response.write(comment);
  }

  /** Ends the stream when the caller's credential expires: the client reconnects, and gets the error. */
  expireAt(time: number | null): void {
    if (time === null) return;
    const leftMs = time - Date.now();
    const next = () => (leftMs > maxDelayMs ? this.expireAt(time) : this.finish());
    this.expiry = setTimeout(next, Math.min(Math.max(leftMs, 0), maxDelayMs));
  }

  /** Sends one event; resolves when the network has room for the next. */
  async send(event: string, data: string, id: number | null = null): Promise<void> {
    if (this.signal.aborted) return;
    const place = id === null ? '' : `id: ${id}\n`;
    if (this.response.write(`event: ${event}\n${place}data: ${data}\n\n`)) return;
    this.blockedSince = Date.now();
    await once(this.response, 'drain', { signal: this.signal }).catch(() => undefined);
    this.blockedSince = null;
  }

  end(): void {
    this.response.end();
  }

  check(): void {
    if (!this.response.writableNeedDrain) {
      this.response.write(comment);
      return;
    }
    this.blockedSince ??= Date.now();
    if (Date.now() - this.blockedSince > this.stallTimeoutMs) this.terminate();
  }

  /** Ends without a `complete` event: clients treat it as a lost connection and reconnect. */
  finish(): void {
    this.stop.abort();
  }

  revoke(): void {
    this.finish();
  }

  terminate(): void {
    this.response.destroy();
  }
}
