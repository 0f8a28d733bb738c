import { Execution } from '../planner/execution';
import { Stage } from '../planner/stages/stage';

/** The documents that a plan finds, with null where it gives its thread away. */
export function* documentStream(
  plan: Stage,
  execution: Execution,
): Generator<Uint8Array | null, void, undefined> {
  for (const row of plan.rows(execution)) yield row && row.bytes!;
}
