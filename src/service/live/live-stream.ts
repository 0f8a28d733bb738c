/** Nothing to deliver yet. */
export const nothingYet = Symbol('nothing yet');
/** Nothing will ever be delivered again. */
export const isOver = Symbol('is over');

const done = { value: undefined, done: true } as const;

/**
 * The items of one subscriber, taken from the feed only on demand, so a slow subscriber neither delays others nor buffers
 * anything. At most one `next` may be pending, as with `for await`.
 */
export abstract class LiveStream<Item> implements AsyncIterableIterator<Item> {
  private waiting: ((result: IteratorResult<Item>) => void) | null = null;
  protected ended = false;

  /** Takes the next item, if there is one. */
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

  /** Ends the stream, even while a `next` is pending. */
  return(): Promise<IteratorResult<Item>> {
    this.end();
    this.settle(done);
    return Promise.resolve(done);
  }

  /** Resolves a pending `next` if there is an item now. Call it whenever there may be one. */
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
