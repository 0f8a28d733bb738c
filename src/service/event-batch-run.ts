import type { mongo } from 'mongoose';
import { asServiceUnavailable } from '../database/database-errors';
import type { Log } from '../log';
import type { Measurements } from '../measurements';
import { findStored, isStoredAlready, storeBatch } from '../store/event-batch';
import type { SessionStatus } from '../store/session-status';
import type { Store } from '../store/store';
import { inTransaction, isTransient, isWriteConflict } from '../store/transaction';
import type { TransactionSessions } from '../store/transaction-sessions';
import { eventOf, failAll, keyOf, refuse, settleStored, type AttemptGroup } from './event-outcome';
import { sessionCompleted, sessionNotFound, writeTimedOut } from './refusals';
import type { SessionChanges } from './session-changes';

/** What to do when another transaction holds a session: return the colliding groups, or retry until the deadline. */
export type Persistence = 'yield' | 'insist';

/** Collisions in a row before a session counts as held; fewer are chance, because other transactions are short. */
const patience: Readonly<Record<Persistence, number>> = { yield: 3, insist: Infinity };
/**
 * Pauses double from the first to the longest, in milliseconds. Longer for held sessions: many lanes may wait for the same
 * dead process, and all of them wake when it is found dead.
 */
const pauses = { yield: { first: 4, longest: 32 }, insist: { first: 50, longest: 800 } } as const;

/** What batches are stored with. */
export interface BatchContext {
  readonly store: Store;
  readonly sessions: TransactionSessions;
  readonly log: Log;
  readonly changes: SessionChanges;
  readonly measurements: Measurements;
}

/** Stores one batch in as many transactions as it takes, all on one client session. */
export class BatchRun {
  constructor(
    private readonly context: BatchContext,
    private readonly session: mongo.ClientSession,
    private readonly persistence: Persistence,
  ) {}

  /**
   * Settles or fails every attempt, except those of the groups that it returns: these collided repeatedly, because another
   * transaction holds at least one of their sessions. Never rejects.
   */
  async run(wanted: readonly AttemptGroup[]): Promise<readonly AttemptGroup[]> {
    let groups = wanted;
    for (let failures = 1; ; failures += 1) {
      groups = dropExpired(groups);
      if (groups.length === 0) return groups;
      try {
        const { left, refused } = await this.storeOnce(groups);
        groups = left;
        // For ended sessions too: a retry gets its stored event.
        const unknown = await this.answerStored(left);
        if (refused !== null) {
          for (const group of unknown) refuseGroup(group, refused);
          return [];
        }
        if (unknown.length < left.length) failures = 0;
        groups = unknown;
      } catch (error) {
        if (!isTransient(error)) return this.runWithout(groups, error);
        const { measurements, log } = this.context;
        measurements.transactionFailed(isWriteConflict(error) ? 'conflict' : 'transient');
        log.debug({ failures, events: groups.length, err: error }, 'retrying a transaction of events');
        if (failures >= patience[this.persistence]) return groups;
      }
      if (failures > 1) await this.pauseAfter(failures);
    }
  }

  private pauseAfter(failures: number): Promise<void> {
    const { first, longest } = pauses[this.persistence];
    return this.context.sessions.pause(Math.random() * Math.min(longest, first * 2 ** (failures - 2)));
  }

  /**
   * Runs one transaction and settles the events that it stored. `left` are the other groups: all of them if one event was
   * already stored, otherwise those of sessions that accept no events, which are in `refused`.
   */
  private async storeOnce(groups: readonly AttemptGroup[]) {
    const { store, changes, measurements } = this.context;
    try {
      const deadline = lastDeadline(groups);
      const { rows, refused } = await inTransaction(this.session, deadline, () =>
        storeBatch(store, this.session, deadline, groups.map(eventOf)),
      );
      groups.forEach((group, index) => {
        const row = rows[index];
        if (row === undefined) return;
        settleStored(group, row, true);
        changes.notify(row.sessionId, 'events');
      });
      const left = groups.filter((_, index) => rows[index] === undefined);
      measurements.eventsStored(groups.length - left.length);
      return { left, refused };
    } catch (error) {
      if (!isStoredAlready(error)) throw error;
      measurements.transactionFailed('duplicate');
      return { left: groups, refused: null };
    }
  }

  /** Settles the groups whose event is already stored, and returns the others. */
  private async answerStored(groups: readonly AttemptGroup[]): Promise<readonly AttemptGroup[]> {
    if (groups.length === 0) return groups;
    const rows = await findStored(
      this.context.store,
      this.session,
      lastDeadline(groups),
      groups.map(eventOf),
    );
    const stored = new Map(rows.map((row) => [keyOf(row), row]));
    return groups.filter((group) => {
      const row = stored.get(keyOf(eventOf(group)));
      if (row !== undefined) settleStored(group, row, false);
      return row === undefined;
    });
  }

  /** After a permanent error: fails all groups if the database is unavailable, otherwise only the event that causes it. */
  private async runWithout(
    groups: readonly AttemptGroup[],
    error: unknown,
  ): Promise<readonly AttemptGroup[]> {
    if (asServiceUnavailable(error) !== null) {
      failAll(groups, error);
      return [];
    }
    if (groups.length > 1) return this.runHalves(groups);
    const [poisoned, ...others] = groups[0]!;
    poisoned!.fail(error);
    return others.length > 0 ? this.run([others]) : [];
  }

  /** In sequence, because both halves may have events of one session, which are stored in order of arrival. */
  private async runHalves(groups: readonly AttemptGroup[]): Promise<readonly AttemptGroup[]> {
    const middle = Math.ceil(groups.length / 2);
    const first = await this.run(groups.slice(0, middle));
    return [...first, ...(await this.run(groups.slice(middle)))];
  }
}

/** Fails the groups past their deadline, and returns the others. */
function dropExpired(groups: readonly AttemptGroup[]): readonly AttemptGroup[] {
  const now = Date.now();
  const inTime = (group: AttemptGroup) => group.some(({ deadline }) => deadline > now);
  if (groups.every(inTime)) return groups;
  failAll(
    groups.filter((group) => !inTime(group)),
    writeTimedOut(),
  );
  return groups.filter(inTime);
}

function lastDeadline(groups: readonly AttemptGroup[]): number {
  return Math.max(...groups.map((group) => group[group.length - 1]!.deadline));
}

function refuseGroup(group: AttemptGroup, refused: ReadonlyMap<string, SessionStatus | null>): void {
  const { sessionId } = eventOf(group);
  const ended = refused.get(sessionId) !== null;
  for (const attempt of group)
    refuse(attempt, ended ? sessionCompleted(sessionId) : sessionNotFound(sessionId));
}
