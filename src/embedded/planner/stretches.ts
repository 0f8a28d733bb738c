import { afterPrefix, encodeIntervals } from './byte-interval';
import { IndexAccess, pointPrefix } from './index-access';
import { isEverything } from './interval';

/** A piece of an index without gaps: lower <= key < upper. */
export interface Stretch {
  readonly lower: Uint8Array;
  readonly upper: Uint8Array;
}

const nothing = new Uint8Array();

/**
 * The pieces of the index that an access walks, in the order of the walk: one for each combination of leading points,
 * cut down by the intervals of the component behind them. What later components ask for is left to the key.
 */
export function* stretches(access: IndexAccess, reverse: boolean): Generator<Stretch> {
  const points = pointPrefix(access);
  const intervals = access.components
    .slice(0, points + 1)
    .map(({ intervals, direction }) =>
      isEverything(intervals) ? null : encodeIntervals(intervals, direction),
    );
  if (reverse) for (const list of intervals) list?.reverse();
  yield* below(nothing, 0);

  function* below(head: Uint8Array, depth: number): Generator<Stretch> {
    const list = intervals[depth];
    if (!list) return yield { lower: head, upper: afterPrefix(head) };
    for (const { low, lowOpen, high, highOpen } of list) {
      const from = join(head, low);
      if (depth < points) {
        yield* below(from, depth + 1);
        continue;
      }
      const to = join(head, high);
      yield { lower: lowOpen ? afterPrefix(from) : from, upper: highOpen ? to : afterPrefix(to) };
    }
  }
}

function join(head: Uint8Array, tail: Uint8Array): Uint8Array {
  if (head.length === 0) return tail;
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}
