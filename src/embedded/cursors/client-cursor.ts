import { Long } from 'bson';
import { MongoError } from '../language/errors';
import type { CommandRequest } from '../commands/command';
import { formatForMessage } from '../language/message-format';
import { Clock } from '../planner/execution';
import { CollectionView } from '../storage/view';
import { Batches, DocumentStream } from './batches';
import { presenceOf } from './client-presence';
import { ResumableView } from './resumable-view';

/** Where the documents of a cursor come from. */
export interface CursorSource {
  readonly stream: DocumentStream;
  /** What the stream reads through; null where it reads nothing any more. */
  readonly view: ResumableView | null;
  readonly clock: Clock;
  /** Whether the stream is known to have given all it has. */
  isExhausted(): boolean;
}

/** A query's results, handed out in batches. It holds a snapshot only while a batch is being made. */
export class ClientCursor {
  lastUse = performance.now();
  private readonly batches: Batches;
  private timeLeft = Infinity;
  private busy = false;

  /** @param opener the command that made it: only its session and transaction may read on */
  constructor(
    readonly ns: string,
    private readonly source: CursorSource,
    private readonly opener: CommandRequest,
  ) {
    this.batches = new Batches(source.stream);
  }

  get isExhausted(): boolean {
    return this.batches.isExhausted || (!this.batches.isHolding && this.source.isExhausted());
  }

  /** The first batch, out of the view that the plan was made for. */
  async first(size: number): Promise<Uint8Array[]> {
    return this.fill(size);
  }

  /**
   * The next batch, for `request`.
   * @param open gives the view to read on through
   * @throws MongoError QueryPlanKilled, MaxTimeMSExpired, and what `open` throws
   */
  async next(
    size: number,
    request: CommandRequest,
    open: () => CollectionView | null,
  ): Promise<Uint8Array[]> {
    this.source.view?.resume(open());
    this.source.clock.client = presenceOf(request.connection);
    this.source.clock.deadline = performance.now() + this.timeLeft;
    return this.fill(size);
  }

  /** @throws MongoError 12051 where a batch is being made already, 50736 to 50741 where another session or transaction asks */
  admit(id: Long, request: CommandRequest): void {
    if (this.busy) throw new MongoError(12051, `cursor id ${id} is already in use`);
    const refuse = (code: number, made: string, asked: string) =>
      new MongoError(code, `Cannot run getMore on cursor ${id}, which was ${made}, ${asked}`);
    const [made, asked] = [sessionOf(this.opener), sessionOf(request)];
    if (made !== asked) {
      if (made === '') throw refuse(50736, 'not created in a session', `in session ${asked}`);
      if (asked === '') throw refuse(50737, `created in session ${made}`, 'without an lsid');
      throw refuse(50738, `created in session ${made}`, `in session ${asked}`);
    }
    const [began, now] = [transactionOf(this.opener), transactionOf(request)];
    if (began !== now) {
      if (began === '') throw refuse(50739, 'not created in a transaction', `in transaction ${now}`);
      if (now === '') throw refuse(50740, `created in transaction ${began}`, 'without a txnNumber');
      throw refuse(50741, `created in transaction ${began}`, `in transaction ${now}`);
    }
  }

  /** Ends the stream, and a batch that is being made of it. */
  close(): void {
    if (this.busy) this.source.clock.interrupt(new MongoError(237, 'cursor was killed'));
    else this.source.stream.return?.();
  }

  private async fill(size: number): Promise<Uint8Array[]> {
    this.busy = true;
    try {
      return await this.batches.next(size);
    } finally {
      this.busy = false;
      this.timeLeft = this.source.clock.deadline - performance.now();
      this.source.view?.release();
    }
  }
}

function sessionOf({ body }: CommandRequest): string {
  const lsid = body.get('lsid');
  return lsid === undefined ? '' : formatForMessage(lsid);
}

function transactionOf({ body }: CommandRequest): string {
  return body.has('autocommit') ? String(body.get('txnNumber')) : '';
}
