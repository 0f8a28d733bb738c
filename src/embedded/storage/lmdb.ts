import { Database, DatabaseOptions, open, RangeOptions, RootDatabase, Transaction } from 'lmdb';

/** `catalog` is small and read at start; `documents` and `indexes` hold everything else. */
export type Table = 'catalog' | 'documents' | 'indexes';

export const tableNames: readonly Table[] = ['catalog', 'documents', 'indexes'];

export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** What a key is given; without a value it is removed. */
export interface Change {
  readonly table: Table;
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/**
 * The entries with lower <= key < upper, ascending or from the end. With `keysOnly` the values may be left out, which is
 * quicker for who does not look at them.
 */
export type Range = [
  table: Table,
  lower: Uint8Array,
  upper: Uint8Array,
  reverse?: boolean,
  keysOnly?: boolean,
];

/** An ordered map of bytes for each table, as of one moment. */
export interface Reader {
  get(table: Table, key: Uint8Array): Buffer | undefined;
  /** A walk that does not end by itself must be returned, as `for of` does. */
  range(...range: Range): Iterable<Entry>;
}

export interface Writer extends Reader {
  put(table: Table, key: Uint8Array, value: Uint8Array): void;
  remove(table: Table, key: Uint8Array): void;
}

/** Puts or removes each key, as its change says. */
export function writeChanges(writer: Writer, changes: Iterable<Change>): void {
  for (const { table, key, value } of changes) {
    if (value) writer.put(table, key, value);
    else writer.remove(table, key);
  }
}

/** A moment of the database, readable until it is released. */
export interface Snapshot {
  readonly reader: Reader;
  release(): void;
}

/** The longest key a table takes, in bytes: two must fit on one of LMDB's pages. */
export const maxKeyLength = 1978;

// lmdb's types leave out keyEncoder, and `values` of a range.
type TableOptions = DatabaseOptions & { name: Table; keyEncoder: typeof keyEncoder };
type Tables = Record<Table, Database<Buffer, Uint8Array>>;

/** The one place that knows LMDB: an environment with one file, one writer and any number of snapshots. */
export class Environment {
  private readonly root: RootDatabase;
  private readonly tables: Tables;
  private readonly writer: Writer;
  private readonly open = new Set<SharedSnapshot>();
  private latest: SharedSnapshot | null = null;

  constructor(path: string) {
    this.root = open({
      path,
      // Would take a folder with a dot in its name for a file.
      noSubdir: false,
      // Address space only: the file grows with its content, and beyond this the map does.
      mapSize: 256 * 2 ** 30,
      // Every commit that some cursor or transaction still reads takes one place.
      maxReaders: 4096,
      maxDbs: 3,
      // Would resolve a commit before it is on disk.
      overlappingSync: false,
      // Would leave a promise that nobody can handle when a commit fails; we form our own batches.
      eventTurnBatching: false,
      noMemInit: true,
    });
    const table = (name: Table) =>
      this.root.openDB<Buffer, Uint8Array>({ name, encoding: 'binary', keyEncoder } as TableOptions);
    this.tables = { catalog: table('catalog'), documents: table('documents'), indexes: table('indexes') };
    this.writer = new TableWriter(this.tables);
  }

  /** The latest commit. Those who ask between two commits share one snapshot; each of them releases it once. */
  snapshot(): Snapshot {
    this.latest ??= new SharedSnapshot(this.tables, this.root.useReadTransaction(), this.open);
    this.latest.takers += 1;
    return this.latest;
  }

  /**
   * Runs `body` with the writer, at once or when the write before it has ended, and commits whatever it wrote. Resolved
   * means on disk. `body` must not throw.
   * @throws LMDB's error when the commit failed; then nothing of it was written
   */
  async write(body: (writer: Writer) => void): Promise<void> {
    await this.committed(this.root.transaction(() => body(this.writer)));
  }

  /**
   * Commits changes in one transaction, on LMDB's own thread. Snapshots that are taken meanwhile show none of it.
   * @throws LMDB's error when the commit failed; then nothing of it was written
   */
  async apply(changes: Iterable<Change>): Promise<void> {
    // Makes it now, if need be: it stays the latest until the commit is there as a whole.
    this.snapshot().release();
    await this.committed(this.root.batch(() => writeChanges(this.writer, changes)));
  }

  async close(): Promise<void> {
    for (const snapshot of this.open) snapshot.end();
    await this.root.close();
  }

  private async committed(commit: Promise<unknown>): Promise<void> {
    try {
      await commit;
    } catch (error) {
      // The cause comes as a promise that rejects.
      await (error as { commitError?: Promise<never> }).commitError;
      throw error;
    } finally {
      this.latest?.release();
      this.latest = null;
    }
  }
}

// lmdb's types leave out that getBinaryFast takes the transaction as get does.
type GetBinary = (key: Uint8Array, options?: { readonly transaction: Transaction }) => Buffer | undefined;

const leftOut = Buffer.alloc(0);

class TableReader implements Reader {
  /** @param options without a transaction: the latest commit, or the write in progress */
  constructor(
    protected readonly tables: Tables,
    private readonly options?: { readonly transaction: Transaction },
  ) {}

  /** The value, copied into memory of our own: LMDB's is good until the next call only. */
  get(name: Table, key: Uint8Array): Buffer | undefined {
    const table = this.tables[name];
    const value = (table.getBinaryFast as GetBinary).call(table, key, this.options);
    if (!value) return undefined;
    // Node's pool makes small buffers for a fraction of what one with memory of its own costs.
    const copy = Buffer.allocUnsafe(value.length);
    // Not `value.copy`: the memory behind LMDB's buffer is longer than its `length` says.
    copy.set(new Uint8Array(value.buffer, value.byteOffset, value.length));
    return copy;
  }

  range(...[table, lower, upper, reverse = false, keysOnly = false]: Range): Iterable<Entry> {
    const walk = this.tables[table].getRange({
      // Named, not spread: that would take as long as several entries of the walk.
      transaction: this.options?.transaction,
      reverse,
      start: reverse ? upper : lower,
      end: reverse ? lower : upper,
      exclusiveStart: reverse,
      inclusiveEnd: reverse,
      values: !keysOnly,
    } as RangeOptions);
    return keysOnly
      ? walk.map((key: unknown) => ({ key: key as Buffer, value: leftOut }))
      : (walk as Iterable<Entry>);
  }
}

class TableWriter extends TableReader implements Writer {
  put(table: Table, key: Uint8Array, value: Uint8Array): void {
    void this.tables[table].put(key, value as Buffer);
  }

  remove(table: Table, key: Uint8Array): void {
    void this.tables[table].remove(key);
  }
}

/** Keys are bytes. As lmdb's own encoding of that name, but they are read into Node's pool, for the same reason. */
const keyEncoder = {
  writeKey(key: Uint8Array, target: Buffer, start: number): number {
    target.set(key, start);
    return start + key.length;
  },
  readKey(source: Buffer, start: number, end: number): Buffer {
    const key = Buffer.allocUnsafe(end - start);
    for (let at = start; at < end; at++) key[at - start] = source[at]!;
    return key;
  },
};

/** Ends when the last of its takers has released it; the environment is one of them until the next commit. */
class SharedSnapshot implements Snapshot {
  readonly reader: Reader;
  takers = 1;

  /** @param open those that have not ended */
  constructor(
    tables: Tables,
    private readonly transaction: Transaction,
    private readonly open: Set<SharedSnapshot>,
  ) {
    this.reader = new TableReader(tables, { transaction });
    open.add(this);
  }

  release(): void {
    this.takers -= 1;
    if (this.takers === 0) this.end();
  }

  end(): void {
    if (this.open.delete(this)) this.transaction.done();
  }
}
