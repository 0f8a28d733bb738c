export interface Item<V> {
  readonly key: Buffer;
  value: V;
}

/** A gap between two neighbours. */
interface Gap {
  run: number;
  position: number;
}

// Insertion moves the rest of one run, so that thousands of writes in a transaction stay cheap.
const longestRun = 512;

/** A map of bytes in their order; nothing is ever taken out of it. May be changed while it is walked. */
export class SortedBytes<V> {
  /** Sorted runs, each but the only one non-empty. */
  private readonly runs: Item<V>[][] = [[]];
  /** The number of keys. */
  size = 0;

  get(key: Uint8Array): Item<V> | undefined {
    const item = this.itemAt(this.gapAt(key));
    return item && item.key.equals(key) ? item : undefined;
  }

  /** Adds a key. One that is there stays as it is and is returned. */
  insert(key: Buffer, value: V): Item<V> | undefined {
    const gap = this.isBeyondAll(key) ? this.end() : this.gapAt(key);
    const run = this.runs[gap.run]!;
    const there = run[gap.position];
    if (there?.key.equals(key)) return there;
    run.splice(gap.position, 0, { key, value });
    if (run.length > longestRun) this.split(gap);
    this.size += 1;
    return undefined;
  }

  set(key: Buffer, value: V): void {
    const there = this.insert(key, value);
    if (there) there.value = value;
  }

  *all(): Generator<Item<V>> {
    for (const run of this.runs) yield* run;
  }

  /** The gap before `key`, or with `beyond` the one behind it. */
  gapAt(key: Uint8Array, beyond = false): Gap {
    const { runs } = this;
    // The last run that begins at or before the key.
    const after = runs.length === 1 ? 1 : search(runs.length, (index) => runs[index]![0]!.key, key, true);
    const run = Math.max(0, after - 1);
    const items = runs[run]!;
    return { run, position: search(items.length, (index) => items[index]!.key, key, beyond) };
  }

  /** The item behind a gap, or the one before it; between two runs the gap moves to where that is. */
  itemAt(gap: Gap, isBefore = false): Item<V> | undefined {
    if (isBefore && gap.position === 0 && gap.run > 0) {
      gap.run -= 1;
      gap.position = this.runs[gap.run]!.length;
    } else if (!isBefore && gap.position === this.runs[gap.run]!.length && gap.run + 1 < this.runs.length) {
      gap.run += 1;
      gap.position = 0;
    }
    return this.runs[gap.run]![isBefore ? gap.position - 1 : gap.position];
  }

  /** Much of what is written comes in order: then one comparison will do. */
  private isBeyondAll(key: Uint8Array): boolean {
    const last = this.runs.at(-1)!.at(-1);
    return !last || Buffer.compare(last.key, key) < 0;
  }

  private end(): Gap {
    return { run: this.runs.length - 1, position: this.runs.at(-1)!.length };
  }

  /** Where the last of all was added, the rest is likely to come behind it: its run stays as long as it is. */
  private split({ run, position }: Gap): void {
    const kept = position === longestRun && run === this.runs.length - 1 ? longestRun : longestRun / 2;
    this.runs.splice(run + 1, 0, this.runs[run]!.splice(kept));
  }
}

/** A walk over lower <= key < upper, or from the end, that also meets what is inserted before it while it goes on. */
export class SortedWalk<V> {
  private gap!: Gap;
  private last: Buffer | null = null;
  private sizeSeen = -1;

  constructor(
    private readonly map: SortedBytes<V>,
    private readonly lower: Uint8Array,
    private readonly upper: Uint8Array,
    private readonly reverse: boolean,
  ) {}

  /** The item that comes next, undefined at the end; the same one until `pass`, unless another one comes before it. */
  peek(): Item<V> | undefined {
    // Insertions move what lies behind them. No key is ever taken out, so the last one is still there.
    if (this.sizeSeen !== this.map.size) {
      this.sizeSeen = this.map.size;
      const from = this.last ?? (this.reverse ? this.upper : this.lower);
      this.gap = this.map.gapAt(from, this.last !== null && !this.reverse);
    }
    const item = this.map.itemAt(this.gap, this.reverse);
    if (!item) return undefined;
    const isWithin = this.reverse
      ? Buffer.compare(item.key, this.lower) >= 0
      : Buffer.compare(item.key, this.upper) < 0;
    return isWithin ? item : undefined;
  }

  /** Goes on behind what `peek` has given. */
  pass({ key }: Item<V>): void {
    this.last = key;
    this.gap.position += this.reverse ? -1 : 1;
  }
}

/**
 * The first of `count` ordered keys that is not before `key`, or with `beyond` the first one after it. What both ends of
 * the range begin with alike is not compared again: most keys of an index share a long beginning.
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
