import { serviceUnavailable } from '../errors';

/** How many run at a time. A second one uses what the database has left while the first waits for its disk. */
const maxRunning = 2;
/** Far more than can have their turn before their time is up. */
const maxWaiting = 1000;

/**
 * Lets the reads of a process that look at far more than they answer with (counts with a filter, statistics, several
 * filters at once) run a few at a time, so that they leave room for all others. Operations take turns: one with fifty
 * counts holds up none that has a single one.
 */
export class ExpensiveReads {
  /** What waits, by operation, in the order of their turns. */
  private readonly waiting = new Map<object, (() => void)[]>();
  private waitingCount = 0;
  private running = 0;

  /**
   * Runs `read` when it is the turn of `operation`.
   * @throws SERVICE_UNAVAILABLE where too many wait, and whatever `read` throws
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
