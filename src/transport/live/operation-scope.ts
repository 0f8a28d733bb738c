import { setMaxListeners } from 'node:events';
import { serviceUnavailable } from '../../errors';
import type { RequestScope } from '../../store/request-scope';
import { clientGone } from '../request-time';
import type { ResponseMemory } from '../response-memory-budget';

/** The bounds of one operation that came over a long-lived connection. */
export class OperationScope implements RequestScope {
  readonly deadline: number;
  private controller: AbortController | undefined;
  private abortedFor: Error | undefined;
  private onAbort: ((reason: Error) => void) | undefined;

  constructor(
    private readonly limitMs: number,
    private readonly memory: ResponseMemory,
  ) {
    this.deadline = Date.now() + limitMs;
  }

  signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      // Every command of the operation listens to it, and there may be many.
      setMaxListeners(0, this.controller.signal);
      if (this.abortedFor) this.controller.abort(this.abortedFor);
    }
    return this.controller.signal;
  }

  takeMemory(bytes: number): void {
    this.memory.take(bytes);
  }

  /** Whether the answer holds memory that others must do without. */
  get isLarge(): boolean {
    return this.memory.isLarge;
  }

  /** The answer has been sent, or nobody waits for it: what it held is given back. */
  release(): void {
    this.memory.release();
  }

  /** The client has gone away: what is still going on stops. */
  leave(): void {
    this.abort(clientGone);
    this.release();
  }

  /**
   * What `work` resolves to.
   * @throws SERVICE_UNAVAILABLE when the time is up or the client has gone away, whatever `work` makes of it
   */
  within<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const timeUp = () =>
        this.abort(
          serviceUnavailable(`This took longer than ${this.limitMs} ms. Ask for less, or try again.`),
        );
      const timer = setTimeout(timeUp, this.limitMs);
      this.onAbort = reject;
      if (this.abortedFor) reject(this.abortedFor);
      work.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        this.onAbort = undefined;
      });
    });
  }

  private abort(reason: Error): void {
    if (this.abortedFor) return;
    this.abortedFor = reason;
    this.controller?.abort(reason);
    this.onAbort?.(reason);
  }
}
