import { MongoError } from '../language/errors';
import { CollectionView } from '../storage/view';

/** Keys or documents looked at between two looks at the clock: a fraction of a millisecond. */
const STRIDE = 200;

/** One run of a plan: what it reads through, and how long it may go on. */
export class Execution {
  /** How many units of work go by between two pauses. */
  stride = STRIDE;
  private left = STRIDE;
  private interruption: MongoError | null = null;

  /** @param deadline by `performance.now()`; put off by each getMore, which brings its own */
  constructor(
    readonly view: CollectionView | null,
    public deadline = Infinity,
  ) {}

  /**
   * Counts one key or document looked at. True now and then: the stage yields null, so that whoever runs the plan can
   * let others have the thread.
   * @throws MongoError MaxTimeMSExpired, or what the run was interrupted with
   */
  pauses(): boolean {
    if (--this.left > 0) return false;
    this.left = this.stride;
    if (this.interruption) throw this.interruption;
    if (performance.now() > this.deadline) throw new MongoError(50, 'operation exceeded time limit');
    return true;
  }

  /** Lets the run fail at its next pause. */
  interrupt(error: MongoError): void {
    this.interruption = error;
  }
}
