import { MongoError } from '../language/errors';
import { Entry, Reader, Table, Writer } from '../storage/lmdb';
import { SortedBytes } from './sorted-bytes';

/** What one transaction may write, because it is kept in memory until it commits. */
const mostBytes = 256 * 2 ** 20;

/** A snapshot with uncommitted writes over it. */
export class Overlay implements Writer {
  private readonly changes: Record<Table, SortedBytes<Buffer | null>> = {
    catalog: new SortedBytes(),
    documents: new SortedBytes(),
    indexes: new SortedBytes(),
  };

  private readonly walks = new Set<IterableIterator<Entry>>();
  private ended = false;
  private written = 0;

  /** @param error what a read is told after the end */
  constructor(
    private readonly base: Reader,
    private readonly error: () => Error,
  ) {}

  /** Whether nothing was written. */
  get isEmpty(): boolean {
    return Object.values(this.changes).every((changes) => changes.isEmpty);
  }

  get(table: Table, key: Uint8Array): Buffer | undefined {
    this.assertOpen();
    const change = this.changes[table].get(key);
    return change ? (change.value ?? undefined) : this.base.get(table, key);
  }

  /** @throws MongoError TransactionTooLarge */
  put(table: Table, key: Buffer, value: Buffer): void {
    this.written += key.length + value.length;
    if (this.written > mostBytes) {
      throw new MongoError(
        257,
        `Total size of all transaction operations must be less than ${mostBytes} bytes.`,
      );
    }
    this.changes[table].set(key, value);
  }

  remove(table: Table, key: Buffer): void {
    this.changes[table].set(key, null);
  }

  /** Merges two ordered walks; of equal keys the change is what counts. */
  *range(table: Table, lower: Uint8Array, upper: Uint8Array, reverse = false): IterableIterator<Entry> {
    this.assertOpen();
    const stored = this.base.range(table, lower, upper, reverse);
    const changed = this.changes[table].range(lower, upper, reverse);
    this.walks.add(stored);
    try {
      let base = stored.next();
      let change = changed.next();
      while (!base.done || !change.done) {
        const order = change.done ? -1 : base.done ? 1 : orderOf(base.value.key, change.value.key, reverse);
        if (order < 0) yield base.value as Entry;
        else if (change.value!.value) yield change.value as Entry;
        this.assertOpen();
        if (order >= 0) change = changed.next();
        if (order <= 0) base = stored.next();
      }
    } finally {
      stored.return?.();
      this.walks.delete(stored);
    }
  }

  /** Lets go of the snapshot's cursors; a walk that a client's cursor still holds fails at its next step. */
  end(): void {
    this.ended = true;
    for (const walk of this.walks) walk.return?.();
  }

  applyTo(writer: Writer): void {
    for (const table of Object.keys(this.changes) as Table[]) {
      for (const { key, value } of this.changes[table].all()) {
        if (value) writer.put(table, key, value);
        else writer.remove(table, key);
      }
    }
  }

  private assertOpen(): void {
    if (this.ended) throw this.error();
  }
}

function orderOf(a: Buffer, b: Buffer, reverse: boolean): number {
  return reverse ? Buffer.compare(b, a) : Buffer.compare(a, b);
}
