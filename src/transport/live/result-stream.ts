import type { FormattedExecutionResult } from 'graphql';
import type { OperationScope } from './operation-scope';
import type { SharedResults } from './shared-results';

type Next = IteratorResult<FormattedExecutionResult, undefined>;

const done: Next = { value: undefined, done: true };

/**
 * The results of one subscription, one for each event of its source. Ending it ends the source; `onEnd` is called once,
 * whichever side ends it.
 */
export class ResultStream implements AsyncIterableIterator<FormattedExecutionResult, undefined> {
  /** The last result, which is being sent. */
  lastEvent: object | null = null;
  private ended = false;
  private sending: OperationScope | null = null;

  constructor(
    private readonly source: AsyncIterator<object>,
    private readonly results: SharedResults,
    private readonly onEnd: () => void,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Next> {
    // A call of `next` means that the last result has been sent.
    this.sending?.release();
    this.sending = null;
    const event = await this.source.next();
    if (event.done === true || this.ended) {
      this.end();
      return done;
    }
    const { body, scope } = await this.results.of(event.value);
    this.sending = scope;
    this.lastEvent = event.value;
    return { value: body, done: false };
  }

  async return(): Promise<Next> {
    this.end();
    await this.source.return?.();
    return done;
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.sending?.release();
    this.onEnd();
  }
}
