/**
 * The phase of a server. `starting`: it serves, but other workers do not yet, so it is not ready. `draining`: it serves, but is
 * not ready, and sends clients elsewhere. `stopping`: it refuses new operations and finishes those in flight.
 */
export type Phase = 'starting' | 'serving' | 'draining' | 'stopping';

/** The phase of one server; it only advances. */
export class Lifecycle {
  private readonly stopListeners: (() => void)[] = [];

  constructor(private current: Phase = 'serving') {}

  get isReady(): boolean {
    return this.current === 'serving';
  }

  /** Whether clients are asked to send their next request elsewhere. */
  get isLeaving(): boolean {
    return this.current === 'draining' || this.current === 'stopping';
  }

  get isStopping(): boolean {
    return this.current === 'stopping';
  }

  becomeReady(): void {
    if (this.current === 'starting') this.current = 'serving';
  }

  drain(): void {
    if (!this.isLeaving) this.current = 'draining';
  }

  stop(): void {
    this.current = 'stopping';
    for (const listener of this.stopListeners.splice(0)) listener();
  }

  /** Calls `listener` when the server stops. */
  onStop(listener: () => void): void {
    this.stopListeners.push(listener);
  }
}
