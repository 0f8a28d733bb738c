/** The limits of one operation: its deadline, cancellation and memory. */
export interface RequestScope {
  /** The deadline, in milliseconds of Date.now(). */
  readonly deadline: number;
  /** Aborts when the time is up or the client has disconnected. Created on first use. */
  signal(): AbortSignal;
  /** Runs a read that may bring much, when there is memory for it. What it reads is reserved before it ends. */
  reading<T>(read: () => Promise<T>): Promise<T>;
  /**
   * Reserves memory for bytes that were read.
   * @throws SERVICE_UNAVAILABLE if the process's budget is spent
   */
  takeMemory(bytes: number): void;
}
