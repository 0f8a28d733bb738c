import { setImmediate } from 'node:timers/promises';
import { Execution } from './execution';
import { Plan, PlanRun, Row, rowsOf } from './plan';

/** How long, in milliseconds, long statements may keep the thread while others wait: all of them together, about. */
const LONGEST_TURN = 5;

let waiting = 0;

/** Gives the thread away now and then, so that a long statement holds up nobody else's. */
export class Yielder {
  private since = performance.now();

  /** To be called between units of work: resolves at once, or after the others have had their turn. */
  async rest(): Promise<void> {
    if (performance.now() - this.since < LONGEST_TURN / (1 + waiting)) return;
    waiting++;
    await setImmediate();
    waiting--;
    this.since = performance.now();
  }
}

/** Runs a plan to its end, giving the thread away now and then. */
export async function runToEnd(
  plan: Plan,
  execution: Execution,
  onRow?: (row: Row) => void,
): Promise<PlanRun> {
  const yielder = new Yielder();
  const run = new PlanRun();
  for (const row of rowsOf(plan, execution, run)) {
    if (row) onRow?.(row);
    else await yielder.rest();
  }
  return run;
}
