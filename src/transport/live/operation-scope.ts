import { setMaxListeners } from 'node:events';
import { serviceUnavailable } from '../../errors';
import type { RequestScope } from '../../store/request-scope';
import { clientGone } from '../request-time';
import type { ResponseMemory } from '../response-memory-budget';

/** The limits of one operation over a long-lived connection. */
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
      // Every command of the operation listens to the signal; many listeners are not a leak.
      setMaxListeners(0, this.controller.signal);
      if (this.abortedFor) this.controller.abort(this.abortedFor);
    }
    return this.controller.signal;
  }

  reading<T>(read: () => Promise<T>): Promise<T> {
    return this.memory.reading(read);
  }

  takeMemory(bytes: number): void {
    this.memory.take(bytes);
  }

  /** Whether the response counts against the memory budget. */
  get isLarge(): boolean {
    return this.memory.isLarge;
  }

  /** Releases the memory: the response was sent, or its client has left. */
  release(): void {
    this.memory.release();
  }

  /** Aborts the operation: the client has disconnected. */
  leave(): void {
    this.abort(clientGone);
    this.release();
  }

  /**
   * Returns the result of `work`.
   * @throws SERVICE_UNAVAILABLE when the time is up or the client has disconnected, even if `work` ignores the signal
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
