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

/** An ordered map of bytes for each table, as of one moment. */
export interface Reader {
  get(table: Table, key: Uint8Array): Buffer | undefined;
  /**
   * lower <= key < upper, ascending or from the end; a walk that does not end by itself must be returned.
   * @param keysOnly for who does not look at the values: they may be left out, which is quicker
   */
  range(
    table: Table,
    lower: Uint8Array,
    upper: Uint8Array,
    reverse?: boolean,
    keysOnly?: boolean,
  ): IterableIterator<Entry>;
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

const leftOut = Buffer.alloc(0);

/** What lmdb iterates over, entries or keys alone, as something that a `for of` takes. */
class LmdbWalk implements IterableIterator<Entry> {
  constructor(private readonly steps: Required<Iterator<Entry | Buffer>>) {}

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Entry> {
    const step = this.steps.next();
    const { value } = step;
    return value instanceof Buffer
      ? { done: false, value: { key: value, value: leftOut } }
      : (step as IteratorResult<Entry>);
  }

  return(): IteratorResult<Entry> {
    this.steps.return();
    return { done: true, value: undefined };
  }
}

/** A moment of the database, readable until everyone who took it has released it. */
export interface Snapshot extends Reader {
  release(): void;
}

/** The longest key a table takes, in bytes: two must fit on one of LMDB's pages. */
export const maxKeyLength = 1978;

// Address space only: the file grows with its content, and beyond this the map does.
const mapSize = 256 * 2 ** 30;
// Every commit that some cursor or transaction still reads takes one place.
const maxReaders = 4096;

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
      mapSize,
      maxReaders,
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
    this.writer = {
      ...reader(this.tables),
      put: (name, key, value) => void this.tables[name].put(key, value as Buffer),
      remove: (name, key) => void this.tables[name].remove(key),
    };
  }

  /** The latest commit. Those who ask between two commits share one snapshot. */
  snapshot(): Snapshot {
    if (!this.latest) {
      this.latest = new SharedSnapshot(this.root.useReadTransaction(), this.tables, this.open);
    }
    return this.latest.take();
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
    const before = this.snapshot();
    try {
      await this.committed(this.root.batch(() => writeChanges(this.writer, changes)));
    } finally {
      before.release();
    }
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
      this.latest?.retire();
      this.latest = null;
    }
  }
}

/** @param transaction without one: the latest commit, or the write in progress */
function reader(tables: Tables, transaction?: Transaction): Reader {
  const options = transaction && { transaction };
  return {
    get: (name, key) => getBinary(tables[name], key, options),
    range(name, lower, upper, reverse = false, keysOnly = false) {
      const walk = tables[name].getRange({
        // Named, not spread: that would take as long as several entries of the walk.
        transaction,
        reverse,
        start: reverse ? upper : lower,
        end: reverse ? lower : upper,
        exclusiveStart: reverse,
        inclusiveEnd: reverse,
        values: !keysOnly,
      } as RangeOptions);
      return new LmdbWalk(walk[Symbol.iterator]() as Required<Iterator<Entry>>);
    },
  };
}

// lmdb's types leave out that getBinaryFast takes the transaction as get does.
type GetBinary = (key: Uint8Array, options?: { transaction: Transaction }) => Buffer | undefined;

/** The value, copied into memory of our own: LMDB's is good until the next call only. */
function getBinary(
  table: Database<Buffer, Uint8Array>,
  key: Uint8Array,
  options?: { transaction: Transaction },
): Buffer | undefined {
  const value = (table.getBinaryFast as GetBinary).call(table, key, options);
  if (!value) return undefined;
  // Node's pool makes small buffers for a fraction of what one with memory of its own costs.
  const copy = Buffer.allocUnsafe(value.length);
  // Not `value.copy`: the memory behind LMDB's buffer is longer than its `length` says.
  copy.set(new Uint8Array(value.buffer, value.byteOffset, value.length));
  return copy;
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

/** Counts its takers; ends when the last one has gone and a newer commit has taken its place. */
class SharedSnapshot {
  private takers = 0;
  private retired = false;
  private readonly reader: Reader;

  /** @param open those that have not ended */
  constructor(
    private readonly transaction: Transaction,
    tables: Tables,
    private readonly open: Set<SharedSnapshot>,
  ) {
    this.reader = reader(tables, transaction);
    open.add(this);
  }

  take(): Snapshot {
    this.takers += 1;
    let held = true;
    return {
      ...this.reader,
      release: () => {
        if (held) this.takers -= 1;
        held = false;
        this.endWhenUnused();
      },
    };
  }

  retire(): void {
    this.retired = true;
    this.endWhenUnused();
  }

  end(): void {
    if (this.open.delete(this)) this.transaction.done();
  }

  private endWhenUnused(): void {
    if (this.retired && this.takers === 0) this.end();
  }
}
