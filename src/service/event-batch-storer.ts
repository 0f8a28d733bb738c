import { setTimeout as sleep } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import { asServiceUnavailable } from '../database/database-errors';
import type { Log } from '../log';
import { findStored, isStoredAlready, storeBatch } from '../store/event-batch';
import type { SessionStatus } from '../store/session-status';
import type { Store } from '../store/store';
import { inTransaction, isTransient } from '../store/transaction';
import { groupAttempts, keyOf, refuse, settleStored, type Attempt, type AttemptGroup } from './event-outcome';
import { sessionCompleted, sessionNotFound } from './refusals';

/** After so many failures in a row a batch over several sessions is cut in two: the halves collide less. */
const failuresBeforeCut = 4;
const longestPauseMs = 32;

/** Stores batches of events: each one, or its reason why not, whatever else is in its batch. */
export class BatchStorer {
  constructor(
    private readonly store: Store,
    private readonly log: Log,
  ) {}

  /** Settles or fails every attempt whose deadline has not passed. Never rejects. */
  async storeAll(attempts: readonly Attempt[]): Promise<void> {
    const session = this.store.client.startSession();
    try {
      await this.storeGroups(session, groupAttempts(attempts));
    } finally {
      // Has nothing to say that could matter: what was to commit is committed.
      await session.endSession().catch(() => undefined);
    }
  }

  private async storeGroups(session: mongo.ClientSession, wanted: readonly AttemptGroup[]): Promise<void> {
    let groups = wanted;
    for (let failures = 0; ; failures += 1) {
      groups = groups.filter((group) => group.some(inTime));
      if (groups.length === 0) return;
      try {
        const { left, refused } = await this.storeOnce(session, groups);
        groups = left;
        // Also of a session that takes no more events: what is stored already is answered so.
        const unknown = await this.answerStored(session, left);
        if (refused !== null) return unknown.forEach((group) => refuseGroup(group, refused));
        if (unknown.length < left.length) failures = 0;
        groups = unknown;
      } catch (error) {
        if (!isTransient(error)) return this.storeWithout(session, groups, error);
        this.log.debug({ failures, events: groups.length, error }, 'a transaction of events runs again');
        if (failures >= failuresBeforeCut && sessionsOf(groups) > 1) return this.storeHalves(session, groups);
      }
      if (failures > 0) await sleep(Math.random() * Math.min(longestPauseMs, 2 ** failures));
    }
  }

  /**
   * One transaction, and the answers of those that it stored. `left` are the others: all where one event was stored
   * already, else those of sessions that take no more events, which `refused` tells.
   */
  private async storeOnce(session: mongo.ClientSession, groups: readonly AttemptGroup[]) {
    const events = groups.map(([first]) => first!.event);
    try {
      const { rows, refused } = await inTransaction(session, lastDeadline(groups), () =>
        storeBatch(this.store, session, events),
      );
      groups.forEach((group, index) => rows[index] && settleStored(group, rows[index], true));
      return { left: groups.filter((_, index) => rows[index] === undefined), refused };
    } catch (error) {
      if (isStoredAlready(error)) return { left: groups, refused: null };
      throw error;
    }
  }

  /** Answers the groups whose event is stored, and returns the others. */
  private async answerStored(
    session: mongo.ClientSession,
    groups: readonly AttemptGroup[],
  ): Promise<AttemptGroup[]> {
    if (groups.length === 0) return [];
    const rows = await findStored(
      this.store,
      session,
      groups.map(([first]) => first!.event),
    );
    const stored = new Map(rows.map((row) => [keyOf(row), row]));
    return groups.filter((group) => {
      const row = stored.get(keyOf(group[0]!.event));
      if (row !== undefined) settleStored(group, row, false);
      return row === undefined;
    });
  }

  /** After an error that stays: everyone's where the database is away, else that of the one event that causes it. */
  private async storeWithout(
    session: mongo.ClientSession,
    groups: readonly AttemptGroup[],
    error: unknown,
  ): Promise<void> {
    if (asServiceUnavailable(error) !== null) {
      for (const attempt of groups.flat()) attempt.fail(error);
      return;
    }
    if (groups.length > 1) return this.storeHalves(session, groups);
    const [poisoned, ...others] = groups[0]!;
    poisoned!.fail(error);
    if (others.length > 0) await this.storeGroups(session, [others]);
  }

  private async storeHalves(session: mongo.ClientSession, groups: readonly AttemptGroup[]): Promise<void> {
    const bySession = [...groups].sort(([a], [b]) => (a!.event.sessionId < b!.event.sessionId ? -1 : 1));
    const middle = Math.ceil(groups.length / 2);
    await this.storeGroups(session, bySession.slice(0, middle));
    await this.storeGroups(session, bySession.slice(middle));
  }
}

function refuseGroup(group: AttemptGroup, refused: ReadonlyMap<string, SessionStatus | null>): void {
  const { sessionId } = group[0]!.event;
  const ended = refused.get(sessionId) !== null;
  for (const attempt of group)
    refuse(attempt, ended ? sessionCompleted(sessionId) : sessionNotFound(sessionId));
}

function inTime({ deadline }: Attempt): boolean {
  return deadline > Date.now();
}

function lastDeadline(groups: readonly AttemptGroup[]): number {
  return Math.max(...groups.map((group) => group[group.length - 1]!.deadline));
}

function sessionsOf(groups: readonly AttemptGroup[]): number {
  return new Set(groups.map(([first]) => first!.event.sessionId)).size;
}
