/**
 * Runs the heavy steps of many requests in separate turns of the event loop. Other requests are served in between, so ten
 * heavy requests at once delay them no longer than one does.
 */
export class EventLoopTurns {
  private last = Promise.resolve();

  /** Resolves in a turn of the event loop that no other caller gets. */
  next(): Promise<void> {
    this.last = this.last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.last;
  }
}
