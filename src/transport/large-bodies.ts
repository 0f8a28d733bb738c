import type { FastifyRequest } from 'fastify';
import { serviceUnavailable } from '../errors';
import { FairQueue } from '../fair-queue';
import { smallBody } from './json-body';

declare module 'fastify' {
  interface FastifyRequest {
    /** Ends the turn of its large body, which is then forgotten. Null if it has none. May be called again. */
    releaseBody: (() => void) | null;
  }
}

/** The size of the large bodies, in bytes, that are parsed and executed at a time: the default maximum of one. */
const atOnce = 16 * 1024 * 1024;
/** How long a turn lasts at most, in milliseconds, so that a slow operation with a large body delays no other one. */
const longestTurnMs = 1000;

/**
 * Gives large bodies turns, which clients take in rotation. From when it is parsed until its operation has run, a body is in
 * memory several times: its bytes, their text, its values and the rows made of them. Those that wait are in memory once.
 */
export class LargeBodies {
  private readonly queue = new FairQueue(atOnce);

  /** @param maxWaitMs how long a body may wait, in milliseconds */
  constructor(private readonly maxWaitMs: number) {}

  /**
   * Waits for the turn of the body of `request`, which lasts until its `releaseBody` is called, its client has
   * disconnected, or a second has passed. Null for a small body.
   * @throws SERVICE_UNAVAILABLE, by the promise, if it waits too long
   */
  enter(request: FastifyRequest, bytes: number): Promise<void> | null {
    return bytes <= smallBody ? null : this.takeTurn(request, bytes);
  }

  private async takeTurn(request: FastifyRequest, bytes: number): Promise<void> {
    const leave = await this.inTime(this.queue.enter(request.ip, bytes));
    const timer = setTimeout(leave, longestTurnMs).unref();
    const { socket } = request.raw;
    const end = () => {
      clearTimeout(timer);
      socket.off('close', end);
      leave();
    };
    request.releaseBody = () => {
      request.body = undefined;
      end();
    };
    if (socket.destroyed) end();
    else socket.once('close', end);
  }

  private inTime(turn: Promise<() => void>): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        reject(serviceUnavailable('Too many large requests are waiting. Try again, or send less at a time.'));
        void turn.then((leave) => leave());
      };
      const timer = setTimeout(giveUp, this.maxWaitMs).unref();
      turn.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}
