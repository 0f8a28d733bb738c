import { setTimeout as sleep } from 'node:timers/promises';
import { isHeld } from '../store/event-batch';
import { BatchRun, type BatchContext, type Persistence } from './event-batch-run';
import { eventOf, failAll, groupAttempts, type Attempt, type AttemptGroup } from './event-outcome';

/** How many sessions of a batch are probed in parallel: few, to leave connections for other requests. */
const maxParallelProbes = 16;
/** The random pause between two probes of a session: longer than the transactions of a live process. */
const [shortestPauseMs, longestPauseMs] = [15, 30];

/** Stores batches of events; each event succeeds or fails independently of its batch. */
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
    // Free sessions do not wait for the second probe of the others.
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
      // No client session could be started.
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

  /** The groups of held sessions, and the others. Fails all groups if the sessions cannot be probed. */
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
    const probe = async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const sessionId = id;
        if (await sessions.use((session) => isHeld(store, session, sessionId))) held.add(sessionId);
      }
    };
    await Promise.all(Array.from({ length: Math.min(waiting.length, maxParallelProbes) }, probe));
    return held;
  }
}
