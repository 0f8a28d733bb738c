import { serviceUnavailable } from '../../errors';
import type { Caller } from '../access/caller';

/** A long-lived connection of either kind. */
export interface LiveConnection {
  /** Null while it is not known. */
  readonly caller: Caller | null;
  /** Asks the client whether it is still there, and cuts it off if it is not or takes nothing. */
  check(): void;
  /** Ends in order; the client may come again, to another server. */
  finish(): void;
  /** Ends because the caller may no longer have it; the client may come again with another credential. */
  revoke(): void;
  /** Ends at once. */
  terminate(): void;
}

/** All long-lived connections of a process, at most as many as the settings allow. */
export class LiveConnections {
  private readonly open = new Set<LiveConnection>();
  private readonly checks: NodeJS.Timeout;
  private isStopping = false;

  /** @param checkMs how often each client is asked whether it is still there */
  constructor(
    private readonly limit: number,
    checkMs: number,
  ) {
    this.checks = setInterval(() => this.check(), checkMs).unref();
  }

  get size(): number {
    return this.open.size;
  }

  /** @throws SERVICE_UNAVAILABLE where one more would be too many, or the server is stopping */
  checkRoom(): void {
    if (this.isStopping) throw serviceUnavailable('The server is stopping. Try again.');
    if (this.open.size >= this.limit)
      throw serviceUnavailable(`This server has ${this.limit} live connections, its limit. Try again later.`);
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

  /** Ends all of them in order; those that are left after `limitMs` are cut off. */
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
