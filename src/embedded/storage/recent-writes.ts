import { Change, Entry, Reader, Table, tableNames, writeChanges, Writer } from './lmdb';
import { mergedWalk, SortedBytes } from './sorted-bytes';

type SortedTables<V> = Record<Table, SortedBytes<V>>;

function emptyTables<V>(): SortedTables<V> {
  return { catalog: new SortedBytes(), documents: new SortedBytes(), indexes: new SortedBytes() };
}

/** What one group or transaction writes, over what it reads; in memory until it commits. */
export class Overlay implements Writer {
  private readonly changes = emptyTables<Buffer | null>();
  private written = 0;

  constructor(private readonly base: Reader) {}

  /** Whether nothing was written. */
  get isEmpty(): boolean {
    return tableNames.every((table) => this.changes[table].isEmpty);
  }

  /** The length of all keys and values that were ever written, in bytes. */
  get bytes(): number {
    return this.written;
  }

  get(table: Table, key: Uint8Array): Buffer | undefined {
    const change = this.changes[table].get(key);
    return change ? (change.value ?? undefined) : this.base.get(table, key);
  }

  put(table: Table, key: Buffer, value: Buffer): void {
    this.written += key.length + value.length;
    this.changes[table].set(key, value);
  }

  remove(table: Table, key: Buffer): void {
    this.written += key.length;
    this.changes[table].set(key, null);
  }

  range(...range: Parameters<Reader['range']>): IterableIterator<Entry> {
    const [table, lower, upper, reverse = false] = range;
    const openBase = () => this.base.range(...range);
    return mergedWalk(openBase, this.changes[table].walk(lower, upper, reverse), (value) => value, reverse);
  }

  /** What is to be written, in the order of tables and keys. */
  *all(): Generator<Change> {
    for (const table of tableNames) {
      for (const { key, value } of this.changes[table].all()) yield { table, key, value };
    }
  }

  applyTo(writer: Writer): void {
    writeChanges(writer, this.all());
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
    return new RecentReader(base, this.tables, commit);
  }

  /** The newest value of each key. */
  *newest(): Generator<Change> {
    for (const table of tableNames) {
      for (const { key, value: version } of this.tables[table].all())
        yield { table, key, value: version.value };
    }
  }
}

class RecentReader implements Reader {
  constructor(
    private readonly base: Reader,
    private readonly tables: SortedTables<Version>,
    private readonly commit: number,
  ) {}

  get(table: Table, key: Uint8Array): Buffer | undefined {
    const item = this.tables[table].get(key);
    const value = item && this.valueOf(item.value);
    return value === undefined ? this.base.get(table, key) : (value ?? undefined);
  }

  range(...range: Parameters<Reader['range']>): IterableIterator<Entry> {
    const [table, lower, upper, reverse = false] = range;
    const changes = this.tables[table].walk(lower, upper, reverse);
    const openBase = () => this.base.range(...range);
    // What comes later is of a later commit, so it stays as it is: nothing to merge.
    if (!changes.peek()) return openBase();
    return mergedWalk(openBase, changes, (version) => this.valueOf(version), reverse);
  }

  /** Undefined where the key was not yet written. */
  private valueOf(newest: Version): Buffer | null | undefined {
    let version: Version | null = newest;
    while (version && version.commit > this.commit) version = version.older;
    return version?.value;
  }
}
