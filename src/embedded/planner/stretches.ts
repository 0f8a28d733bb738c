import { afterPrefix, ByteInterval, encodeIntervals } from './byte-interval';
import { ComponentBounds, IndexAccess, pointPrefix } from './index-access';
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
  const lists = access.components.slice(0, points).map((component) => placesOf(component, reverse));
  const range = access.components[points];
  const intervals = range && !isEverything(range.intervals) ? placesOf(range, reverse) : null;
  for (const head of headsOf(lists)) {
    if (intervals) for (const interval of intervals) yield within(head, interval);
    else yield { lower: head, upper: afterPrefix(head) };
  }
}

function placesOf({ intervals, direction }: ComponentBounds, reverse: boolean): ByteInterval[] {
  const encoded = encodeIntervals(intervals, direction);
  return reverse ? encoded.reverse() : encoded;
}

/** The beginnings of keys that take a point of each list. */
function headsOf(lists: readonly (readonly ByteInterval[])[]): Iterable<Uint8Array> {
  // The most frequent case, and in need of no recursion.
  if (lists.every(({ length }) => length === 1)) {
    return [lists.reduce<Uint8Array>((head, [only]) => join(head, only!.low), nothing)];
  }
  return combinations(lists, 0, nothing);
}

function* combinations(
  lists: readonly (readonly ByteInterval[])[],
  depth: number,
  head: Uint8Array,
): Generator<Uint8Array> {
  const list = lists[depth];
  if (!list) return yield head;
  for (const { low } of list) yield* combinations(lists, depth + 1, join(head, low));
}

function within(head: Uint8Array, { low, lowOpen, high, highOpen }: ByteInterval): Stretch {
  const from = join(head, low);
  const to = join(head, high);
  return { lower: lowOpen ? afterPrefix(from) : from, upper: highOpen ? to : afterPrefix(to) };
}

function join(head: Uint8Array, tail: Uint8Array): Uint8Array {
  if (head.length === 0) return tail;
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}
