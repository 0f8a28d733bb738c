import { Change, Entry, Reader, Table, tableNames, writeChanges, Writer } from './lmdb';
import { mergedWalk } from './merged-walk';
import { SortedBytes } from './sorted-bytes';

/** What one group or transaction writes, over what it reads; in memory until it commits. */
export class Overlay implements Writer {
  private readonly changes: Record<Table, SortedBytes<Buffer | null>> = {
    catalog: new SortedBytes(),
    documents: new SortedBytes(),
    indexes: new SortedBytes(),
  };

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

  range(
    table: Table,
    lower: Uint8Array,
    upper: Uint8Array,
    reverse = false,
    keysOnly = false,
  ): IterableIterator<Entry> {
    const openBase = () => this.base.range(table, lower, upper, reverse, keysOnly);
    return mergedWalk(openBase, this.changes[table].walk(lower, upper, reverse), asItIs, reverse);
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

function asItIs(value: Buffer | null): Buffer | null {
  return value;
}
