import { serviceUnavailable } from './errors';

/** Far more than can run before they time out. */
const maxWaiting = 1000;

interface WaitingWork {
  readonly weight: number;
  start(this: void): void;
}

/**
 * Runs a process's heavy work a little at a time, so that it does not starve the rest. Owners take turns, so that an
 * operation with fifty heavy reads does not delay one with a single one.
 */
export class FairQueue {
  /** Waiting work by owner, in the order of their turns. */
  private readonly waiting = new Map<unknown, WaitingWork[]>();
  private waitingCount = 0;
  private free: number;

  /** @param capacity the weight of the work that may run at a time */
  constructor(private readonly capacity: number) {
    this.free = capacity;
  }

  /**
   * Runs `work` when it is the turn of its `owner`: an operation, or a client.
   * @param weight work that is heavier than the capacity runs alone
   * @throws SERVICE_UNAVAILABLE if too much work is waiting, and what `work` throws
   */
  async run<T>(owner: unknown, weight: number, work: () => Promise<T>): Promise<T> {
    const leave = await this.enter(owner, weight);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /**
   * Resolves when it is the turn of `owner`, to a function that ends its turn; it may be called again.
   * @param weight and
   * @throws as for `run`
   */
  async enter(owner: unknown, weight: number): Promise<() => void> {
    let taken = Math.min(weight, this.capacity);
    if (this.waitingCount === 0 && taken <= this.free) this.free -= taken;
    else await this.turnOf(owner, taken);
    return () => {
      this.free += taken;
      taken = 0;
      this.startNext();
    };
  }

  private turnOf(owner: unknown, weight: number): Promise<void> {
    if (this.waitingCount >= maxWaiting)
      throw serviceUnavailable('Too many expensive requests are waiting. Try again, or ask for less.');
    this.waitingCount += 1;
    return new Promise((start) => {
      const queue = this.waiting.get(owner);
      if (queue) queue.push({ weight, start });
      else this.waiting.set(owner, [{ weight, start }]);
    });
  }

  private startNext(): void {
    for (const [owner, queue] of this.waiting) {
      const { weight, start } = queue[0]!;
      if (weight > this.free) return;
      queue.shift();
      this.waiting.delete(owner);
      if (queue.length > 0) this.waiting.set(owner, queue);
      this.waitingCount -= 1;
      this.free -= weight;
      start();
    }
  }
}
