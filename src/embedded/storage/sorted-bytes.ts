import { Entry } from './lmdb';

export interface Item<V> {
  readonly key: Buffer;
  value: V;
}

// Insertion moves the rest of one run, so that thousands of writes in a transaction stay cheap.
const longestRun = 512;

/** A map of bytes in their order; nothing is ever taken out of it. May be changed while it is walked. */
export class SortedBytes<V> {
  /** Sorted runs, each but the only one non-empty. */
  private readonly runs: Item<V>[][] = [[]];
  private items = 0;

  /** The number of keys. */
  get size(): number {
    return this.items;
  }

  get isEmpty(): boolean {
    return this.items === 0;
  }

  get(key: Uint8Array): Item<V> | undefined {
    const item = this.itemAt(this.placeOf(key));
    return item && item.key.equals(key) ? item : undefined;
  }

  /** Adds a key. One that is there stays as it is and is returned. */
  insert(key: Buffer, value: V): Item<V> | undefined {
    const place = this.isBeyondAll(key) ? this.end() : this.placeOf(key);
    const run = this.runs[place.run]!;
    const there = run[place.position];
    if (there?.key.equals(key)) return there;
    run.splice(place.position, 0, { key, value });
    if (run.length > longestRun) this.split(place);
    this.items += 1;
    return undefined;
  }

  set(key: Buffer, value: V): void {
    const there = this.insert(key, value);
    if (there) there.value = value;
  }

  *all(): Generator<Item<V>> {
    for (const run of this.runs) yield* run;
  }

  /** lower <= key < upper, ascending or from the end. */
  walk(lower: Uint8Array, upper: Uint8Array, reverse: boolean): SortedWalk<V> {
    return new SortedWalk(this, lower, upper, reverse);
  }

  /** Where the first item at or after `key` is, or would be. */
  placeOf(key: Uint8Array): Place {
    const run = this.runOf(key);
    return { run, position: firstAtOrAfter(this.runs[run]!, key) };
  }

  /** The item there, or the first one of the run behind it; moves `place` to it. */
  itemAt(place: Place): Item<V> | undefined {
    if (place.position >= this.runs[place.run]!.length && place.run + 1 < this.runs.length) {
      place.run += 1;
      place.position = 0;
    }
    return this.runs[place.run]![place.position];
  }

  /** The item before it; moves `place` to it. */
  itemBefore(place: Place): Item<V> | undefined {
    if (place.position === 0 && place.run > 0) {
      place.run -= 1;
      place.position = this.runs[place.run]!.length;
    }
    place.position -= 1;
    return this.runs[place.run]![place.position];
  }

  /** Much of what is written comes in order: then one comparison will do. */
  private isBeyondAll(key: Uint8Array): boolean {
    const last = this.runs.at(-1)!.at(-1);
    return !last || Buffer.compare(last.key, key) < 0;
  }

  private end(): Place {
    const run = this.runs.length - 1;
    return { run, position: this.runs[run]!.length };
  }

  /** Where the last of all was added, the rest is likely to come behind it: its run stays as long as it is. */
  private split({ run, position }: Place): void {
    const kept = position === longestRun && run === this.runs.length - 1 ? longestRun : longestRun / 2;
    this.runs.splice(run + 1, 0, this.runs[run]!.splice(kept));
  }

  /** The last run that begins at or before `key`. */
  private runOf(key: Uint8Array): number {
    if (this.runs.length === 1) return 0;
    const after = search(this.runs.length, (index) => this.runs[index]![0]!.key, key, true);
    return Math.max(0, after - 1);
  }
}

interface Place {
  run: number;
  position: number;
}

/** A walk that also meets what is inserted before it while it goes on. */
export class SortedWalk<V> {
  private place: Place | null = null;
  private next: Item<V> | undefined;
  private last: Buffer | null = null;
  private sizeSeen = -1;

  constructor(
    private readonly map: SortedBytes<V>,
    private readonly lower: Uint8Array,
    private readonly upper: Uint8Array,
    private readonly reverse: boolean,
  ) {}

  /** The item that comes next, undefined at the end; the same one until `take`, unless another one comes before it. */
  peek(): Item<V> | undefined {
    // Insertions move what lies behind them.
    if (this.sizeSeen !== this.map.size) {
      this.sizeSeen = this.map.size;
      this.seek();
    }
    return this.next;
  }

  /** Goes beyond what `peek` has given. */
  take(): void {
    this.last = this.next!.key;
    if (!this.reverse) this.place!.position += 1;
    this.load();
  }

  private seek(): void {
    this.place = this.map.placeOf(this.last ?? (this.reverse ? this.upper : this.lower));
    // No key is ever taken out, so the last one is still there.
    if (this.last && !this.reverse) this.place.position += 1;
    this.load();
  }

  private load(): void {
    const item = this.reverse ? this.map.itemBefore(this.place!) : this.map.itemAt(this.place!);
    this.next = item && this.contains(item.key) ? item : undefined;
  }

  private contains(key: Buffer): boolean {
    return this.reverse ? Buffer.compare(key, this.lower) >= 0 : Buffer.compare(key, this.upper) < 0;
  }
}

function firstAtOrAfter(run: readonly Item<unknown>[], key: Uint8Array): number {
  return search(run.length, (index) => run[index]!.key, key, false);
}

/**
 * The first of `count` ordered keys that is not before `key`, or with `beyond` the first one after it. What both ends of
 * the stretch begin with alike is not compared again: most keys of an index share a long beginning.
 */
function search(count: number, keyAt: (index: number) => Buffer, key: Uint8Array, beyond: boolean): number {
  let low = 0;
  let high = count;
  let alikeLow = 0;
  let alikeHigh = 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = keyAt(middle);
    const length = Math.min(other.length, key.length);
    let alike = Math.min(alikeLow, alikeHigh);
    while (alike < length && other[alike] === key[alike]) alike += 1;
    const order = alike < length ? other[alike]! - key[alike]! : other.length - key.length;
    if (order < 0 || (beyond && order === 0)) {
      low = middle + 1;
      alikeLow = alike;
    } else {
      high = middle;
      alikeHigh = alike;
    }
  }
  return low;
}

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
