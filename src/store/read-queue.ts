import { serviceUnavailable } from '../errors';

/** Far more than can run before they time out. */
const maxWaiting = 1000;

interface WaitingRead {
  readonly weight: number;
  start(this: void): void;
}

/**
 * Runs a process's heavy reads a few at a time, so that they do not starve others. Operations take turns, so that one
 * with fifty heavy reads does not delay one with a single one.
 */
export class ReadQueue {
  /** Waiting reads by operation, in the order of their turns. */
  private readonly waiting = new Map<object, WaitingRead[]>();
  private waitingCount = 0;
  private free: number;

  /** @param capacity the weight of the reads that may run at a time */
  constructor(private readonly capacity: number) {
    this.free = capacity;
  }

  /**
   * Runs `read` when it is the turn of `operation`.
   * @param weight a read that is heavier than the capacity runs alone
   * @throws SERVICE_UNAVAILABLE if too many reads are waiting, and what `read` throws
   */
  async run<T>(operation: object, weight: number, read: () => Promise<T>): Promise<T> {
    const taken = Math.min(weight, this.capacity);
    if (this.waitingCount === 0 && taken <= this.free) this.free -= taken;
    else await this.turnOf(operation, taken);
    try {
      return await read();
    } finally {
      this.free += taken;
      this.startNext();
    }
  }

  private turnOf(operation: object, weight: number): Promise<void> {
    if (this.waitingCount >= maxWaiting)
      throw serviceUnavailable('Too many expensive reads are waiting. Try again, or ask for less.');
    this.waitingCount += 1;
    return new Promise((start) => {
      const queue = this.waiting.get(operation);
      if (queue) queue.push({ weight, start });
      else this.waiting.set(operation, [{ weight, start }]);
    });
  }

  private startNext(): void {
    for (const [operation, queue] of this.waiting) {
      const { weight, start } = queue[0]!;
      if (weight > this.free) return;
      queue.shift();
      this.waiting.delete(operation);
      if (queue.length > 0) this.waiting.set(operation, queue);
      this.waitingCount -= 1;
      this.free -= weight;
      start();
    }
  }
}
