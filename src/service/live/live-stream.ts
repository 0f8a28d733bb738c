/** Nothing to deliver yet. */
export const nothingYet = Symbol('nothing yet');
/** Nothing will ever be delivered again. */
export const isOver = Symbol('is over');

const done = { value: undefined, done: true } as const;

/**
 * What one subscriber gets, pulled one by one: nothing is taken from the feed before it is asked for, so a slow
 * subscriber holds back nobody and piles up nothing. At most one `next` may be pending, as `for await` has it.
 */
export abstract class LiveStream<Item> implements AsyncIterableIterator<Item> {
  private waiting: ((result: IteratorResult<Item>) => void) | null = null;
  protected ended = false;

  /** What is next for this subscriber, if it is known already. */
  protected abstract take(): Item | typeof nothingYet | typeof isOver;

  /** Leaves the feed. Called once. */
  protected abstract leave(): void;

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item>> {
    const result = this.nextResult();
    if (result !== null) return Promise.resolve(result);
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  /** Ends the stream, also while a `next` is pending. */
  return(): Promise<IteratorResult<Item>> {
    this.end();
    this.settle(done);
    return Promise.resolve(done);
  }

  /** Answers a pending `next` where there is something now. To be called whenever that may be so. */
  advance(): void {
    if (this.waiting === null) return;
    const result = this.nextResult();
    if (result !== null) this.settle(result);
  }

  private nextResult(): IteratorResult<Item> | null {
    if (this.ended) return done;
    const item = this.take();
    if (item === nothingYet) return null;
    if (item !== isOver) return { value: item, done: false };
    this.end();
    return done;
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.leave();
  }

  private settle(result: IteratorResult<Item>): void {
    const { waiting } = this;
    this.waiting = null;
    waiting?.(result);
  }
}
