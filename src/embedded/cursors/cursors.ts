import { Long } from 'bson';
import { randomBytes } from 'node:crypto';
import { CommandRequest, MAX_DOCUMENT_BYTES } from '../commands/request';
import { check, MongoError } from '../language/errors';
import { compareValues } from '../language/key-component';
import { Run, Yielder } from '../planner/execution';

/** A query's results, handed out in batches. */
export class ClientCursor {
  lastUse = performance.now();
  /** Read, but too large for the batch that it was read for. */
  private held: Uint8Array | null = null;
  private busy = false;

  /**
   * @param stream encoded documents, with null in between where the thread may be given away
   * @param run what the stream runs, or is a part of; its snapshot is kept until the cursor is closed
   * @param opener the command that made it: only its session and transaction may read on
   */
  constructor(
    readonly ns: string,
    private readonly stream: Generator<Uint8Array | null, void, undefined>,
    private readonly run: Run,
    private readonly opener: CommandRequest,
  ) {}

  get isExhausted(): boolean {
    return !this.held && this.run.isExhausted;
  }

  /**
   * The next batch: at most `size` documents, and at most 16 MiB of them, but at least one where there is one.
   * @throws MongoError MaxTimeMSExpired, CursorKilled
   */
  async next(size: number, request: CommandRequest): Promise<Uint8Array[]> {
    const { run, stream } = this;
    run.clock.client = request.connection;
    // The time in which nobody asked for more does not count.
    run.clock.deadline += performance.now() - this.lastUse;
    const documents: Uint8Array[] = [];
    const yielder = new Yielder();
    this.busy = true;
    try {
      for (let bytes = 0; documents.length < size;) {
        const { done, value } = this.held ? { value: this.held } : stream.next();
        run.isExhausted ||= done === true;
        if (done) break;
        if (!value) {
          await yielder.rest();
          continue;
        }
        bytes += value.length;
        this.held = documents.length > 0 && bytes > MAX_DOCUMENT_BYTES ? value : null;
        if (this.held) break;
        documents.push(value);
      }
      return documents;
    } finally {
      this.busy = false;
      this.lastUse = performance.now();
    }
  }

  /** @throws MongoError 12051 where a batch is being made, 50738 and 50740 where another session or transaction asks */
  admit(request: CommandRequest): void {
    check(!this.busy, 12051, 'the cursor is in use already');
    const isSame = (field: string) =>
      compareValues(request.body.get(field), this.opener.body.get(field)) === 0;
    check(isSame('lsid'), 50738, 'the cursor belongs to another session');
    check(isSame('txnNumber'), 50740, 'the cursor belongs to another transaction, or to none');
  }

  /** Ends the stream, and a batch that is being made of it, and lets the snapshot go. */
  close(): void {
    if (this.busy) {
      this.run.clock.interruption = new MongoError(237, 'cursor was killed');
      return;
    }
    this.stream.return();
    this.run.end();
  }
}

/** As MongoDB: a cursor that nobody asks for so long is closed. */
const IDLE_MILLISECONDS = 10 * 60 * 1000;
/** Beyond so many, those that were idle longest are closed: each keeps a snapshot. */
const MAX_CURSORS = 1000;

/** The cursors that clients may ask for more, by their ids. */
export class OpenCursors {
  /** Least recently used first. */
  private readonly cursors = new Map<string, ClientCursor>();

  get size(): number {
    return this.cursors.size;
  }

  /** Keeps the cursor; answers the id that clients ask for it by. */
  add(cursor: ClientCursor): Long {
    const id = Long.fromBits(randomBytes(4).readInt32LE() | 1, randomBytes(4).readInt32LE() & 0x7fffffff);
    this.cursors.set(id.toString(), cursor);
    this.closeIdle();
    return id;
  }

  /** The cursor, which counts as used now. */
  use(id: Long): ClientCursor | undefined {
    const name = id.toString();
    const cursor = this.cursors.get(name);
    if (this.cursors.delete(name)) this.cursors.set(name, cursor!);
    return cursor;
  }

  /** Closes the cursor; false where there is none. */
  kill(id: Long): boolean {
    this.cursors.get(id.toString())?.close();
    return this.cursors.delete(id.toString());
  }

  /** @param atLeast so many, however lately they were used */
  closeIdle(atLeast = 0): void {
    const longAgo = performance.now() - IDLE_MILLISECONDS;
    let left = Math.max(atLeast, this.cursors.size - MAX_CURSORS);
    for (const [id, cursor] of this.cursors) {
      if (left-- <= 0 && cursor.lastUse > longAgo) return;
      cursor.close();
      this.cursors.delete(id);
    }
  }
}
