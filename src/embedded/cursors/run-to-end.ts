import { Execution } from '../planner/execution';
import { Row, Stage } from '../planner/stages/stage';
import { Breather } from './breather';

/** Runs a plan to its end, giving the thread away now and then. */
export async function runToEnd(plan: Stage, execution: Execution, onRow?: (row: Row) => void): Promise<void> {
  const breather = new Breather();
  for (const row of plan.rows(execution)) {
    if (row) onRow?.(row);
    else await breather.rest();
  }
}
