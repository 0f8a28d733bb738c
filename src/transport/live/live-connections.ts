import { serviceUnavailable } from '../../errors';
import type { Caller } from '../access/caller';

/** A long-lived connection of either kind. */
export interface LiveConnection {
  /** Null while it is not known. */
  readonly caller: Caller | null;
  /** Pings the client, and disconnects it if it does not respond or accepts no data. */
  check(): void;
  /** Closes gracefully; the client may reconnect to another server. */
  finish(): void;
  /** Ends because the caller may no longer have it; the client may come again with another credential. */
  revoke(): void;
  /** Closes at once. */
  terminate(): void;
}

/** All long-lived connections of a process, up to a limit. */
export class LiveConnections {
  private readonly open = new Set<LiveConnection>();
  private readonly checks: NodeJS.Timeout;
  private isStopping = false;

  /** @param checkMs how often each client is pinged */
  constructor(
    private readonly limit: number,
    checkMs: number,
  ) {
    this.checks = setInterval(() => this.check(), checkMs).unref();
  }

  get size(): number {
    return this.open.size;
  }

  /** @throws SERVICE_UNAVAILABLE if the limit is reached, or the server is stopping */
  checkRoom(): void {
    if (this.isStopping) throw serviceUnavailable('The server is stopping. Try again.');
    if (this.open.size >= this.limit)
      throw serviceUnavailable(
        `This server has reached its limit of ${this.limit} live connections. Try again later.`,
      );
  }

  add(connection: LiveConnection): void {
    this.open.add(connection);
  }

  delete(connection: LiveConnection): void {
    this.open.delete(connection);
  }

  /** Ends those whose callers `isRevoked` names. */
  endRevoked(isRevoked: (caller: Caller) => boolean): void {
    for (const connection of this.open)
      if (connection.caller !== null && isRevoked(connection.caller)) connection.revoke();
  }

  /** Closes all of them gracefully, and those left after `limitMs` at once. */
  stop(limitMs: number): void {
    this.isStopping = true;
    clearInterval(this.checks);
    for (const connection of this.open) connection.finish();
    setTimeout(() => {
      for (const connection of this.open) connection.terminate();
    }, limitMs).unref();
  }

  private check(): void {
    for (const connection of this.open) connection.check();
  }
}
