import type { Log } from '../log';
import type { Store } from '../store/store';
import { BatchRun, type Persistence } from './event-batch-run';
import { groupAttempts, type Attempt } from './event-outcome';
import type { SessionChanges } from './session-changes';

/** Stores batches of events: each one, or its reason why not, whatever else is in its batch. */
export class BatchStorer {
  constructor(
    private readonly store: Store,
    private readonly log: Log,
    private readonly changes: SessionChanges,
  ) {}

  /** Settles, fails or postpones every attempt; fails those whose deadline has passed. Never rejects. */
  async storeAll(attempts: readonly Attempt[], persistence: Persistence): Promise<void> {
    const session = this.store.client.startSession();
    try {
      const run = new BatchRun(this.store, this.log, this.changes, session, persistence);
      await run.storeGroups(groupAttempts(attempts));
    } finally {
      // Has nothing to say that could matter: what was to commit is committed.
      await session.endSession().catch(() => undefined);
    }
  }
}
