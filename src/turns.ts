/**
 * Lets the heavy steps of many requests run one in each turn of the event loop. What arrives meanwhile is served in
 * between, so that ten heavy requests at once keep others waiting no longer than one does.
 */
export class Turns {
  private last = Promise.resolve();

  /** Resolves in a turn of the event loop that nobody else was given. */
  next(): Promise<void> {
    this.last = this.last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.last;
  }
}
