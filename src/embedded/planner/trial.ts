import { CollectionView } from '../storage/view';
import { Clock } from './execution';
import { Rows, Stage } from './stages/stage';

/** MongoDB's own number: a plan that has found so many rows has won. */
const ROWS_TO_WIN = 101;
/** Turns of ten keys or documents that each contender gets. */
const MAX_TURNS = 200;
const TURN = 10;

interface Contender {
  readonly rows: Rows;
  found: number;
}

/**
 * Runs the plans side by side for a while; answers the position of the one that first ended, first found `wanted` rows
 * (0 for all), or else found most.
 */
export function fastestOf(plans: readonly Stage[], view: CollectionView, wanted: number): number {
  const goal = wanted > 0 ? Math.min(wanted, ROWS_TO_WIN) : ROWS_TO_WIN;
  const contenders = plans.map((plan): Contender => {
    return { rows: plan.rows({ view, clock: new Clock(Infinity, TURN) }), found: 0 };
  });
  try {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const winner = contenders.findIndex((contender) => winsInOneTurn(contender, goal));
      if (winner >= 0) return winner;
    }
    const most = Math.max(...contenders.map(({ found }) => found));
    return contenders.findIndex(({ found }) => found === most);
  } finally {
    for (const { rows } of contenders) rows.return();
  }
}

function winsInOneTurn(contender: Contender, goal: number): boolean {
  for (;;) {
    const { done, value } = contender.rows.next();
    if (done) return true;
    if (value === null) return false;
    if (++contender.found >= goal) return true;
  }
}
