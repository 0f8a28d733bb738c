import { Change, Entry, Range, Reader, Table, tableNames, Writer } from './lmdb';
import { SortedBytes, SortedWalk } from './sorted-bytes';

type SortedTables<V> = Record<Table, SortedBytes<V>>;

function emptyTables<V>(): SortedTables<V> {
  return { catalog: new SortedBytes(), documents: new SortedBytes(), indexes: new SortedBytes() };
}

/** A reader with changes over it. */
class ChangedReader<V> implements Reader {
  /**
   * @param isGrowing whether more changes may come while a walk goes on
   * @param valueOf what a change puts there: null removes the entry, undefined leaves it as it is
   */
  constructor(
    private readonly base: Reader,
    protected readonly changes: SortedTables<V>,
    private readonly isGrowing: boolean,
    private readonly valueOf: (change: V) => Buffer | null | undefined,
  ) {}

  get(table: Table, key: Uint8Array): Buffer | undefined {
    const change = this.changes[table].get(key);
    const value = change && this.valueOf(change.value);
    return value === undefined ? this.base.get(table, key) : (value ?? undefined);
  }

  range(...range: Range): Iterable<Entry> {
    const [table, lower, upper, reverse = false] = range;
    const changes = new SortedWalk(this.changes[table], lower, upper, reverse);
    if (!this.isGrowing && !changes.peek()) return this.base.range(...range);
    return this.merge(range, changes, reverse);
  }

  /** In order; of equal keys the change is what counts. */
  private *merge(range: Range, changes: SortedWalk<V>, reverse: boolean): Generator<Entry> {
    // Not before the first step: a walk that is never begun holds nothing.
    const base = this.base.range(...range)[Symbol.iterator]();
    try {
      let stored = base.next();
      for (let change = changes.peek(); change || !stored.done; change = changes.peek()) {
        const order = orderOf(stored, change?.key, reverse);
        if (order < 0) {
          yield stored.value as Entry;
          stored = base.next();
          continue;
        }
        changes.pass(change!);
        const value = this.valueOf(change!.value);
        if (value === undefined) continue;
        if (order === 0) stored = base.next();
        if (value) yield { key: change!.key, value };
      }
    } finally {
      base.return?.();
    }
  }
}

/** Below 0: the stored entry comes next; above: the change does. */
function orderOf(stored: IteratorResult<Entry>, change: Buffer | undefined, reverse: boolean): number {
  if (!change) return -1;
  if (stored.done) return 1;
  const { key } = stored.value;
  return reverse ? Buffer.compare(change, key) : Buffer.compare(key, change);
}

/** The newest value of each key, in the order of tables and keys. */
function* newestOf<V>(tables: SortedTables<V>, valueOf: (change: V) => Buffer | null): Generator<Change> {
  for (const table of tableNames) {
    for (const { key, value } of tables[table].all()) yield { table, key, value: valueOf(value) };
  }
}

/** What one group or transaction writes, over what it reads; in memory until it commits. */
export class Overlay extends ChangedReader<Buffer | null> implements Writer {
  /** The length of all keys and values that were ever written, in bytes. */
  bytes = 0;

  constructor(base: Reader) {
    super(base, emptyTables(), true, (value) => value);
  }

  put(table: Table, key: Buffer, value: Buffer): void {
    this.bytes += key.length + value.length;
    this.changes[table].set(key, value);
  }

  remove(table: Table, key: Buffer): void {
    this.bytes += key.length;
    this.changes[table].set(key, null);
  }

  all(): Generator<Change> {
    return newestOf(this.changes, (value) => value);
  }
}

/** What a key was given by one commit, and before it. */
interface Version {
  readonly commit: number;
  /** Null where it was removed. */
  readonly value: Buffer | null;
  older: Version | null;
}

/** What a version costs in memory besides its key and value, about. */
const bytesOfVersion = 200;

/**
 * What was committed since the last checkpoint, in memory. Every version is kept until all of it goes, so that a
 * snapshot is no more than the number of a commit.
 */
export class RecentWrites {
  private readonly tables = emptyTables<Version>();
  /** About how much memory it takes. */
  bytes = 0;
  /** The last commit that is part of it. */
  lastCommit = 0;

  /** How many keys have been written. */
  get keys(): number {
    return tableNames.reduce((sum, table) => sum + this.tables[table].size, 0);
  }

  get isEmpty(): boolean {
    return this.bytes === 0;
  }

  /** @param commit higher than all before */
  add(commit: number, changes: Iterable<Change>): void {
    this.lastCommit = commit;
    for (const { table, key, value } of changes) {
      this.bytes += key.length + (value?.length ?? 0) + bytesOfVersion;
      const version: Version = { commit, value, older: null };
      const item = this.tables[table].insert(key, version);
      if (!item) continue;
      version.older = item.value;
      item.value = version;
    }
  }

  /** `base` with what was committed up to `commit` over it. */
  over(base: Reader, commit: number): Reader {
    // What comes later is of a later commit.
    return new ChangedReader(base, this.tables, false, (newest) => {
      let version: Version | null = newest;
      while (version && version.commit > commit) version = version.older;
      return version?.value;
    });
  }

  newest(): Generator<Change> {
    return newestOf(this.tables, ({ value }) => value);
  }
}
