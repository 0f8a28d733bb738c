import { setImmediate } from 'node:timers/promises';

/** How long, in milliseconds, one statement may keep the thread while others wait. */
const LONGEST_STRETCH = 5;

/** Gives the thread away now and then, so that a long statement holds up nobody else's. */
export class Breather {
  private since = performance.now();

  /** To be called between units of work: resolves at once, or after the others have had their turn. */
  async rest(): Promise<void> {
    if (performance.now() - this.since < LONGEST_STRETCH) return;
    await setImmediate();
    this.since = performance.now();
  }
}
