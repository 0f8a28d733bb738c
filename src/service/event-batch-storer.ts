import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log';
import type { Measurements } from '../measurements';
import { isHeld } from '../store/event-batch';
import type { Store } from '../store/store';
import type { TransactionSessions } from '../store/transaction-sessions';
import { BatchRun, type Persistence } from './event-batch-run';
import { eventOf, failAll, groupAttempts, type Attempt, type AttemptGroup } from './event-outcome';
import type { SessionChanges } from './session-changes';

/** How many sessions of a batch are looked at side by side: enough to be quick, few beside other clients. */
const maxParallelLooks = 16;
/** Between two looks at a session, at random up to here: longer than the transactions of a process that lives. */
const longestPauseMs = 30;

/** Stores batches of events: each one, or its reason why not, whatever else is in its batch. */
export class BatchStorer {
  constructor(
    private readonly store: Store,
    private readonly sessions: TransactionSessions,
    private readonly log: Log,
    private readonly changes: SessionChanges,
    private readonly measurements: Measurements,
  ) {}

  /** Settles, fails or postpones every attempt; fails those whose deadline has passed. Never rejects. */
  async storeAll(attempts: readonly Attempt[], persistence: Persistence): Promise<void> {
    let groups: readonly AttemptGroup[] = groupAttempts(attempts);
    try {
      while (groups.length > 0) {
        const collided = await this.run(groups, persistence);
        groups = await this.postponeHeld(collided);
      }
    } catch (error) {
      // There is no session to store them with.
      failAll(groups, error);
    }
  }

  private run(groups: readonly AttemptGroup[], persistence: Persistence): Promise<readonly AttemptGroup[]> {
    const { store, log, changes, measurements } = this;
    return this.sessions.use((session) =>
      new BatchRun(store, log, changes, measurements, session, persistence).run(groups),
    );
  }

  /** Postpones the groups of sessions that someone else holds, and returns the others, which need not wait for them. */
  private async postponeHeld(groups: readonly AttemptGroup[]): Promise<readonly AttemptGroup[]> {
    const held = await this.heldAmong(new Set(groups.map((group) => eventOf(group).sessionId)));
    const isOfHeld = (group: AttemptGroup) => held.has(eventOf(group).sessionId);
    for (const attempt of groups.filter(isOfHeld).flat()) attempt.postpone();
    return groups.filter((group) => !isOfHeld(group));
  }

  private async heldAmong(sessionIds: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const waiting = [...sessionIds];
    const held = new Set<string>();
    const look = async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop())
        if (await this.isHeldForLong(id)) held.add(id);
    };
    await Promise.all(Array.from({ length: Math.min(waiting.length, maxParallelLooks) }, look));
    return held;
  }

  private async isHeldForLong(sessionId: string): Promise<boolean> {
    const look = () => this.sessions.use((session) => isHeld(this.store, session, sessionId));
    if (!(await look())) return false;
    await sleep(Math.random() * longestPauseMs);
    return look();
  }
}
