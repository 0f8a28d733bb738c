import { Entry } from './lmdb';
import { SortedWalk } from './sorted-bytes';

/**
 * The entries of `base` with changes over them, in order. Of equal keys the change is what counts; the changes may grow
 * while this is walked.
 * @param openBase called with the first step, so that a walk which is never begun holds nothing
 * @param valueOf what a change puts there: null removes the entry, undefined leaves it as it is
 */
export function* mergedWalk<V>(
  openBase: () => IterableIterator<Entry>,
  changes: SortedWalk<V>,
  valueOf: (change: V) => Buffer | null | undefined,
  reverse: boolean,
): Generator<Entry> {
  const base = openBase();
  try {
    let stored = base.next();
    for (let change = changes.peek(); change || !stored.done; change = changes.peek()) {
      const order = orderOf(stored, change?.key, reverse);
      if (order < 0) {
        yield stored.value as Entry;
        stored = base.next();
        continue;
      }
      const { key } = change!;
      const value = valueOf(change!.value);
      changes.take();
      if (value === undefined) continue;
      if (order === 0) stored = base.next();
      if (value) yield { key, value };
    }
  } finally {
    base.return?.();
  }
}

/** Below 0: the stored entry comes next; above: the change does. */
function orderOf(stored: IteratorResult<Entry>, change: Buffer | undefined, reverse: boolean): number {
  if (!change) return -1;
  if (stored.done) return 1;
  const { key } = stored.value;
  return reverse ? Buffer.compare(change, key) : Buffer.compare(key, change);
}
