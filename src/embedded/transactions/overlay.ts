import { MongoError } from '../language/errors';
import { Entry, Reader, Table } from '../storage/lmdb';
import { Overlay } from '../storage/overlay';

/** What one transaction may write, because it is kept in memory until it commits. */
const mostBytes = 256 * 2 ** 20;

/** A snapshot with uncommitted writes over it. */
export class TransactionOverlay extends Overlay {
  private readonly walks = new Set<IterableIterator<Entry>>();
  private ended = false;

  /** @param error what a read is told after the end */
  constructor(
    base: Reader,
    private readonly error: () => Error,
  ) {
    super(base);
  }

  override get(table: Table, key: Uint8Array): Buffer | undefined {
    this.assertOpen();
    return super.get(table, key);
  }

  /** @throws MongoError TransactionTooLarge */
  override put(table: Table, key: Buffer, value: Buffer): void {
    if (this.bytes + key.length + value.length > mostBytes) {
      throw new MongoError(
        257,
        `Total size of all transaction operations must be less than ${mostBytes} bytes.`,
      );
    }
    super.put(table, key, value);
  }

  override *range(
    table: Table,
    lower: Uint8Array,
    upper: Uint8Array,
    reverse = false,
    keysOnly = false,
  ): IterableIterator<Entry> {
    this.assertOpen();
    const walk = super.range(table, lower, upper, reverse, keysOnly);
    this.walks.add(walk);
    try {
      for (const entry of walk) {
        yield entry;
        this.assertOpen();
      }
    } finally {
      walk.return?.();
      this.walks.delete(walk);
    }
  }

  /** Lets go of the snapshot's cursors; a walk that a client's cursor still holds fails at its next step. */
  end(): void {
    this.ended = true;
    for (const walk of this.walks) walk.return?.();
  }

  private assertOpen(): void {
    if (this.ended) throw this.error();
  }
}
