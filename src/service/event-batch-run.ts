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
import { sessionCompleted, sessionNotFound, tooLate } from './refusals';
import type { SessionChanges } from './session-changes';

/** What to do when someone else holds a session: give back what collides, or try until the deadline. */
export type Persistence = 'yield' | 'insist';

/** How many collisions in a row are taken for chance: another process writes the same sessions and soon has done so. */
const patience: Readonly<Record<Persistence, number>> = { yield: 3, insist: Infinity };
/**
 * Pauses double from the first to the longest, in milliseconds. Longer for a held session: many lanes may wait for the
 * same dead process, and all of them are woken when it has been found dead.
 */
const pauses = { yield: { first: 4, longest: 32 }, insist: { first: 50, longest: 800 } } as const;

/** What the storing of batches needs. */
export interface BatchContext {
  readonly store: Store;
  readonly sessions: TransactionSessions;
  readonly log: Log;
  readonly changes: SessionChanges;
  readonly measurements: Measurements;
}

/** The storing of one batch, in as many transactions as it takes, all of one client session. */
export class BatchRun {
  constructor(
    private readonly context: BatchContext,
    private readonly session: mongo.ClientSession,
    private readonly persistence: Persistence,
  ) {}

  /**
   * Settles or fails every attempt but those of the groups that it returns: these have collided again and again, because
   * of one session of theirs at least. Never rejects.
   */
  async run(wanted: readonly AttemptGroup[]): Promise<readonly AttemptGroup[]> {
    let groups = wanted;
    for (let failures = 1; ; failures += 1) {
      groups = withoutLate(groups);
      if (groups.length === 0) return groups;
      try {
        const { left, refused } = await this.storeOnce(groups);
        groups = left;
        // Also of a session that takes no more events: what is stored already is answered so.
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
        log.debug({ failures, events: groups.length, err: error }, 'a transaction of events runs again');
        // Nobody holds a session where it was a failover or the like.
        if (isWriteConflict(error) && failures >= patience[this.persistence]) return groups;
      }
      if (failures > 1) await this.pauseAfter(failures);
    }
  }

  private pauseAfter(failures: number): Promise<void> {
    const { first, longest } = pauses[this.persistence];
    return this.context.sessions.pause(Math.random() * Math.min(longest, first * 2 ** (failures - 2)));
  }

  /**
   * One transaction, and the answers of those that it stored. `left` are the others: all where one event was stored
   * already, else those of sessions that take no more events, which `refused` tells.
   */
  private async storeOnce(groups: readonly AttemptGroup[]) {
    const { store, changes, measurements } = this.context;
    try {
      const { rows, refused } = await inTransaction(this.session, lastDeadline(groups), () =>
        storeBatch(store, this.session, groups.map(eventOf)),
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

  /** Answers the groups whose event is stored, and returns the others. */
  private async answerStored(groups: readonly AttemptGroup[]): Promise<readonly AttemptGroup[]> {
    if (groups.length === 0) return groups;
    const rows = await findStored(this.context.store, this.session, groups.map(eventOf));
    const stored = new Map(rows.map((row) => [keyOf(row), row]));
    return groups.filter((group) => {
      const row = stored.get(keyOf(eventOf(group)));
      if (row !== undefined) settleStored(group, row, false);
      return row === undefined;
    });
  }

  /** After an error that stays: everyone's where the database is unavailable, else that of the one event that causes it. */
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

  /** One after the other: both may have events of one session, which are stored in the order in which they came. */
  private async runHalves(groups: readonly AttemptGroup[]): Promise<readonly AttemptGroup[]> {
    const middle = Math.ceil(groups.length / 2);
    const first = await this.run(groups.slice(0, middle));
    return [...first, ...(await this.run(groups.slice(middle)))];
  }
}

/** Those that someone still waits for. */
function withoutLate(groups: readonly AttemptGroup[]): readonly AttemptGroup[] {
  const now = Date.now();
  const inTime = (group: AttemptGroup) => group.some(({ deadline }) => deadline > now);
  if (groups.every(inTime)) return groups;
  failAll(
    groups.filter((group) => !inTime(group)),
    tooLate(),
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
