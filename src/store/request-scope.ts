/** What one operation carries through service and store: how long it may take, who waits for it, what it may hold. */
export interface RequestScope {
  /** When the answer must be there, in milliseconds of Date.now(). */
  readonly deadline: number;
  /** Aborts when the time is up or nobody waits for the answer any more. Most operations never ask for it. */
  signal(): AbortSignal;
  /**
   * Reserves memory for what was read.
   * @throws SERVICE_UNAVAILABLE when the process has no room for so many bytes more
   */
  takeMemory(bytes: number): void;
}
