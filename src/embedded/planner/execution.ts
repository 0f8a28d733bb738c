import { setImmediate } from 'node:timers/promises';
import { MongoError } from '../language/errors';
import { takeWork } from '../language/evaluation';
import { CollectionView } from '../storage/view';

/** Keys or documents looked at between two looks at the clock: a fraction of a millisecond. */
const STRIDE = 200;
/** What expressions and patterns count is a fraction of what a document takes. */
const WORK_OF_A_UNIT = 8;

/** What all statements together may hold in memory while they sort or group, and how much of it one may. */
const MOST_BYTES = 384 * 2 ** 20;
const MOST_BYTES_OF_ONE = 100 * 2 ** 20;
let bytesOfAll = 0;

/** How long a statement may go on, when it pauses, and how much memory it holds. */
export class Clock {
  /** Who waits for the answer; null for nobody in particular. */
  client: { readonly gone: boolean } | null = null;
  /** With what the statement fails at its next pause. */
  interruption: MongoError | null = null;
  bytes = 0;
  private left: number;

  /**
   * @param deadline by `performance.now()`; put off by the time in which nobody asks a cursor for more
   * @param stride units of work between two pauses
   */
  constructor(
    public deadline = Infinity,
    private readonly stride = STRIDE,
  ) {
    this.left = stride;
  }

  /**
   * Counts one key or document looked at. True now and then: whoever asked yields null, so that others get the thread.
   * @throws MongoError MaxTimeMSExpired, or what the statement was interrupted with
   */
  pauses(): boolean {
    this.left -= 1 + takeWork() / WORK_OF_A_UNIT;
    if (this.left > 0) return false;
    this.left = this.stride;
    if (this.interruption) throw this.interruption;
    if (this.client?.gone) throw new MongoError(11601, 'the client has disconnected');
    if (performance.now() > this.deadline) throw new MongoError(50, 'operation exceeded time limit');
    return true;
  }

  /**
   * Counts memory that the statement holds, about; a negative number gives some back.
   * @throws MongoError 292 where it is more than one statement, or all of them, may hold
   */
  takeMemory(bytes: number): void {
    this.bytes += bytes;
    bytesOfAll += bytes;
    if (bytes <= 0 || (this.bytes <= MOST_BYTES_OF_ONE && bytesOfAll <= MOST_BYTES)) return;
    throw new MongoError(292, 'Sorting and grouping needs more memory than there is for it');
  }
}

/** How long, in milliseconds, long statements may keep the thread while others wait: all of them together, about. */
const LONGEST_TURN = 5;

let waiting = 0;

/** Gives the thread away now and then, so that a long statement holds up nobody else's. */
export class Yielder {
  private since = performance.now();

  /** To be called between units of work: resolves at once, or after the others have had their turn. */
  async rest(): Promise<void> {
    if (performance.now() - this.since < LONGEST_TURN / (1 + waiting)) return;
    waiting++;
    await setImmediate();
    waiting--;
    this.since = performance.now();
  }
}

/** One run of a plan, and what has come of it so far. */
export class Run {
  returned = 0;
  /** Documents and keys looked at. */
  documents = 0;
  keys = 0;
  /** Whether it is known that no further row comes. */
  isExhausted = false;

  /** @param view what it reads through; null where there is no such collection */
  constructor(
    readonly view: CollectionView | null,
    readonly clock = new Clock(),
  ) {}

  read(recordId: number): Buffer | undefined {
    this.documents++;
    return this.view!.document(recordId);
  }

  /** Lets go of the view, and of the memory that the statement held. */
  end(): void {
    this.clock.takeMemory(-this.clock.bytes);
    this.view?.release();
  }
}
