interface Item<V> {
  readonly key: Buffer;
  value: V;
}

// Insertion moves the rest of one run, so that thousands of writes in a transaction stay cheap.
const longestRun = 512;

/** A map of bytes in their order. May be changed while it is walked. */
export class SortedBytes<V> {
  /** Sorted runs, each but the only one non-empty. */
  private readonly runs: Item<V>[][] = [[]];

  get isEmpty(): boolean {
    return this.runs[0]!.length === 0;
  }

  get(key: Uint8Array): Item<V> | undefined {
    const item = this.atOrAfter(key);
    return item && item.key.equals(key) ? item : undefined;
  }

  set(key: Buffer, value: V): void {
    const runIndex = this.runOf(key);
    const run = this.runs[runIndex]!;
    const position = firstAtOrAfter(run, key);
    const there = run[position];
    if (there?.key.equals(key)) {
      there.value = value;
      return;
    }
    run.splice(position, 0, { key, value });
    if (run.length > longestRun) this.runs.splice(runIndex + 1, 0, run.splice(longestRun / 2));
  }

  *all(): Generator<Item<V>> {
    for (const run of this.runs) yield* run;
  }

  /** lower <= key < upper, ascending or from the end. */
  *range(lower: Uint8Array, upper: Uint8Array, reverse: boolean): Generator<Item<V>> {
    // Looks its place up at each step, because the runs may have moved.
    if (reverse) {
      let item = this.before(upper);
      while (item && Buffer.compare(item.key, lower) >= 0) {
        yield item;
        item = this.before(item.key);
      }
      return;
    }
    let item = this.atOrAfter(lower);
    while (item && Buffer.compare(item.key, upper) < 0) {
      yield item;
      item = this.atOrAfter(Buffer.concat([item.key, zero]));
    }
  }

  private atOrAfter(key: Uint8Array): Item<V> | undefined {
    const runIndex = this.runOf(key);
    const run = this.runs[runIndex]!;
    return run[firstAtOrAfter(run, key)] ?? this.runs[runIndex + 1]?.[0];
  }

  private before(key: Uint8Array): Item<V> | undefined {
    const runIndex = this.runOf(key);
    const run = this.runs[runIndex]!;
    return run[firstAtOrAfter(run, key) - 1] ?? this.runs[runIndex - 1]?.at(-1);
  }

  /** The last run that begins at or before `key`. */
  private runOf(key: Uint8Array): number {
    let low = 0;
    let high = this.runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (Buffer.compare(this.runs[middle]![0]!.key, key) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

const zero = Buffer.alloc(1);

function firstAtOrAfter(run: readonly Item<unknown>[], key: Uint8Array): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Buffer.compare(run[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
