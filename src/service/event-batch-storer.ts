import { setTimeout as sleep } from 'node:timers/promises';
import { isHeld } from '../store/event-batch';
import { BatchRun, type BatchContext, type Persistence } from './event-batch-run';
import { eventOf, failAll, groupAttempts, type Attempt, type AttemptGroup } from './event-outcome';

/** How many sessions of a batch are looked at side by side: enough to be quick, few beside other clients. */
const maxParallelLooks = 16;
/** Between two looks at a session, at random between these: longer than the transactions of a process that lives. */
const [shortestPauseMs, longestPauseMs] = [15, 30];

/** Stores batches of events: each one, or its reason why not, whatever else is in its batch. */
export class BatchStorer {
  constructor(private readonly context: BatchContext) {}

  /** Settles, fails or postpones every attempt; fails those whose deadline has passed. Never rejects. */
  storeAll(attempts: readonly Attempt[], persistence: Persistence): Promise<void> {
    return this.store(groupAttempts(attempts), persistence);
  }

  private async store(groups: readonly AttemptGroup[], persistence: Persistence): Promise<void> {
    if (groups.length === 0) return;
    const collided = await this.run(groups, persistence);
    if (collided.length === 0) return;
    const [held, free] = await this.splitByHeld(collided);
    // What nobody holds does not wait for the second look at the others.
    await Promise.all([this.store(free, persistence), this.storeOrPostpone(held, persistence)]);
  }

  private async run(
    groups: readonly AttemptGroup[],
    persistence: Persistence,
  ): Promise<readonly AttemptGroup[]> {
    const { context } = this;
    try {
      return await context.sessions.use((session) => new BatchRun(context, session, persistence).run(groups));
    } catch (error) {
      // There is no session to store them with.
      failAll(groups, error);
      return [];
    }
  }

  /** Postpones the groups of sessions that are still held after a while, and stores the others. */
  private async storeOrPostpone(groups: readonly AttemptGroup[], persistence: Persistence): Promise<void> {
    if (groups.length === 0) return;
    await sleep(shortestPauseMs + Math.random() * (longestPauseMs - shortestPauseMs));
    const [held, free] = await this.splitByHeld(groups);
    for (const attempt of held.flat()) attempt.postpone();
    await this.store(free, persistence);
  }

  /** The groups of sessions that someone else holds, and the others. Fails all of them where that cannot be found out. */
  private async splitByHeld(groups: readonly AttemptGroup[]): Promise<[AttemptGroup[], AttemptGroup[]]> {
    try {
      const held = await this.heldAmong(new Set(groups.map((group) => eventOf(group).sessionId)));
      const isOfHeld = (group: AttemptGroup) => held.has(eventOf(group).sessionId);
      return [groups.filter(isOfHeld), groups.filter((group) => !isOfHeld(group))];
    } catch (error) {
      failAll(groups, error);
      return [[], []];
    }
  }

  private async heldAmong(sessionIds: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const { store, sessions } = this.context;
    const waiting = [...sessionIds];
    const held = new Set<string>();
    const look = async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const sessionId = id;
        if (await sessions.use((session) => isHeld(store, session, sessionId))) held.add(sessionId);
      }
    };
    await Promise.all(Array.from({ length: Math.min(waiting.length, maxParallelLooks) }, look));
    return held;
  }
}
