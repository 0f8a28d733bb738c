import { MongoError } from '../language/errors';
import { takeWork } from '../language/work';
import { CollectionView } from '../storage/view';

/** Keys or documents looked at between two looks at the clock: a fraction of a millisecond. */
const STRIDE = 200;
/** What expressions and patterns count is a fraction of what a document takes. */
const WORK_OF_A_UNIT = 8;
/** MongoDB's limit for what the stages of a pipeline hold. */
const MEMORY_LIMIT = 100 * 1024 * 1024;

/** How long a statement may go on, and when it pauses. */
export class Clock {
  /** Who waits for the answer; null for nobody in particular. */
  client: { readonly gone: boolean } | null = null;
  private left: number;
  private interruption: MongoError | null = null;
  private memory = 0;

  /**
   * @param deadline by `performance.now()`; put off by each getMore, which brings its own
   * @param stride units of work between two pauses
   */
  constructor(
    public deadline = Infinity,
    private readonly stride = STRIDE,
  ) {
    this.left = stride;
  }

  /**
   * Counts one key or document looked at. True now and then: the stage yields null, so that whoever runs the plan can
   * let others have the thread.
   * @throws MongoError MaxTimeMSExpired, or what the statement was interrupted with
   */
  pauses(): boolean {
    this.left -= 1 + takeWork() / WORK_OF_A_UNIT;
    if (this.left > 0) return false;
    this.left = this.stride;
    if (this.interruption) throw this.interruption;
    if (this.client?.gone)
      throw new MongoError(11601, 'operation was interrupted because a client disconnected');
    if (performance.now() > this.deadline) throw new MongoError(50, 'operation exceeded time limit');
    return true;
  }

  /**
   * Counts what the stages of the statement hold.
   * @throws MongoError QueryExceededMemoryLimitNoDiskUseAllowed (292)
   */
  takeMemory(bytes: number): void {
    this.memory += bytes;
    if (this.memory > MEMORY_LIMIT) throw new MongoError(292, 'Exceeded memory limit for a pipeline stage');
  }

  /** Lets the statement fail at its next pause. */
  interrupt(error: MongoError): void {
    this.interruption = error;
  }
}

/** One run of a plan: what it reads through, null where there is no such collection, and how long it may go on. */
export interface Execution {
  readonly view: CollectionView | null;
  readonly clock: Clock;
}
