import { serviceUnavailable } from '../errors';

/** How many run at a time. The second one uses the database while the first waits for the disk. */
const maxRunning = 2;
/** Far more than can run before they time out. */
const maxWaiting = 1000;

/**
 * Runs reads that examine far more than they return (counts with a filter, statistics, several filters) a few at a time
 * in a process, so that they do not starve others. Operations take turns, so that one with fifty counts does not delay one
 * with a single count.
 */
export class ExpensiveReads {
  /** Waiting reads by operation, in the order of their turns. */
  private readonly waiting = new Map<object, (() => void)[]>();
  private waitingCount = 0;
  private running = 0;

  /**
   * Runs `read` when it is the turn of `operation`.
   * @throws SERVICE_UNAVAILABLE if too many reads are waiting, and what `read` throws
   */
  async run<T>(operation: object, read: () => Promise<T>): Promise<T> {
    if (this.running < maxRunning) this.running += 1;
    else await this.turnOf(operation);
    try {
      return await read();
    } finally {
      this.passOn();
    }
  }

  private turnOf(operation: object): Promise<void> {
    if (this.waitingCount >= maxWaiting)
      throw serviceUnavailable('Too many expensive reads are waiting. Try again, or ask for less.');
    this.waitingCount += 1;
    return new Promise((resolve) => {
      const queue = this.waiting.get(operation);
      if (queue) queue.push(resolve);
      else this.waiting.set(operation, [resolve]);
    });
  }

  private passOn(): void {
    for (const [operation, queue] of this.waiting) {
      const start = queue.shift()!;
      this.waiting.delete(operation);
      if (queue.length > 0) this.waiting.set(operation, queue);
      this.waitingCount -= 1;
      return start();
    }
    this.running -= 1;
  }
}
