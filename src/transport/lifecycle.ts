/**
 * Where a server is in its life. `draining`: it still serves, but is not ready, and asks clients to take their next
 * request elsewhere. `stopping`: it refuses new operations and finishes those that it has.
 */
export type Phase = 'serving' | 'draining' | 'stopping';

/** The phase of one server; only ever moves on. */
export class Lifecycle {
  private current: Phase = 'serving';

  get isReady(): boolean {
    return this.current === 'serving';
  }

  get isStopping(): boolean {
    return this.current === 'stopping';
  }

  drain(): void {
    if (this.current === 'serving') this.current = 'draining';
  }

  stop(): void {
    this.current = 'stopping';
  }
}
