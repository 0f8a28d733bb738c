import { setTimeout as sleep } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import { asServiceUnavailable } from '../database/database-errors';
import type { Log } from '../log';
import { findStored, isStoredAlready, storeBatch } from '../store/event-batch';
import type { SessionStatus } from '../store/session-status';
import type { Store } from '../store/store';
import { inTransaction, isTransient } from '../store/transaction';
import { keyOf, refuse, settleStored, type AttemptGroup } from './event-outcome';
import { sessionCompleted, sessionNotFound, tooLate } from './refusals';
import type { SessionChanges } from './session-changes';

/** What to do about a session that someone else holds for long: leave it for later, or try until the deadline. */
export type Persistence = 'postpone' | 'insist';

/** After so many failures in a row a batch over several sessions is cut in two: the halves collide less. */
const failuresBeforeCut = 4;
/** After so many, which take about a tenth of a second, others are taken to hold the session for long. */
const failuresBeforePostponing = 10;
const longestPauseMs = 32;

/** The storing of one batch, in as many transactions as it takes, all of one client session. */
export class BatchRun {
  constructor(
    private readonly store: Store,
    private readonly log: Log,
    private readonly changes: SessionChanges,
    private readonly session: mongo.ClientSession,
    private readonly persistence: Persistence,
  ) {}

  /** Settles, fails or postpones every attempt. Never rejects. */
  async storeGroups(wanted: readonly AttemptGroup[]): Promise<void> {
    let groups = wanted;
    for (let failures = 0; ; failures += 1) {
      groups = withoutLate(groups);
      if (groups.length === 0) return;
      try {
        const { left, refused } = await this.storeOnce(groups);
        groups = left;
        // Also of a session that takes no more events: what is stored already is answered so.
        const unknown = await this.answerStored(left);
        if (refused !== null) return unknown.forEach((group) => refuseGroup(group, refused));
        if (unknown.length < left.length) failures = 0;
        groups = unknown;
      } catch (error) {
        if (!isTransient(error)) return this.storeWithout(groups, error);
        this.log.debug({ failures, events: groups.length, err: error }, 'a transaction of events runs again');
        if (failures >= failuresBeforeCut && sessionsOf(groups) > 1) return this.storeHalves(groups);
        if (failures >= failuresBeforePostponing && this.persistence === 'postpone') return postpone(groups);
      }
      if (failures > 0) await sleep(Math.random() * Math.min(longestPauseMs, 2 ** failures));
    }
  }

  /**
   * One transaction, and the answers of those that it stored. `left` are the others: all where one event was stored
   * already, else those of sessions that take no more events, which `refused` tells.
   */
  private async storeOnce(groups: readonly AttemptGroup[]) {
    try {
      const { rows, refused } = await inTransaction(this.session, lastDeadline(groups), () =>
        storeBatch(this.store, this.session, groups.map(eventOf)),
      );
      groups.forEach((group, index) => {
        const row = rows[index];
        if (row === undefined) return;
        settleStored(group, row, true);
        this.changes.notify(row.sessionId);
      });
      return { left: groups.filter((_, index) => rows[index] === undefined), refused };
    } catch (error) {
      if (isStoredAlready(error)) return { left: groups, refused: null };
      throw error;
    }
  }

  /** Answers the groups whose event is stored, and returns the others. */
  private async answerStored(groups: readonly AttemptGroup[]): Promise<readonly AttemptGroup[]> {
    if (groups.length === 0) return groups;
    const rows = await findStored(this.store, this.session, groups.map(eventOf));
    const stored = new Map(rows.map((row) => [keyOf(row), row]));
    return groups.filter((group) => {
      const row = stored.get(keyOf(eventOf(group)));
      if (row !== undefined) settleStored(group, row, false);
      return row === undefined;
    });
  }

  /** After an error that stays: everyone's where the database is away, else that of the one event that causes it. */
  private async storeWithout(groups: readonly AttemptGroup[], error: unknown): Promise<void> {
    if (asServiceUnavailable(error) !== null) return failAll(groups, error);
    if (groups.length > 1) return this.storeHalves(groups);
    const [poisoned, ...others] = groups[0]!;
    poisoned!.fail(error);
    if (others.length > 0) await this.storeGroups([others]);
  }

  private async storeHalves(groups: readonly AttemptGroup[]): Promise<void> {
    const bySession = [...groups].sort((a, b) => (eventOf(a).sessionId < eventOf(b).sessionId ? -1 : 1));
    const middle = Math.ceil(groups.length / 2);
    await this.storeGroups(bySession.slice(0, middle));
    await this.storeGroups(bySession.slice(middle));
  }
}

function eventOf([first]: AttemptGroup) {
  return first!.event;
}

function sessionsOf(groups: readonly AttemptGroup[]): number {
  return new Set(groups.map((group) => eventOf(group).sessionId)).size;
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

function failAll(groups: readonly AttemptGroup[], error: unknown): void {
  for (const attempt of groups.flat()) attempt.fail(error);
}

function postpone(groups: readonly AttemptGroup[]): void {
  for (const attempt of groups.flat()) attempt.postpone();
}

function refuseGroup(group: AttemptGroup, refused: ReadonlyMap<string, SessionStatus | null>): void {
  const { sessionId } = eventOf(group);
  const ended = refused.get(sessionId) !== null;
  for (const attempt of group)
    refuse(attempt, ended ? sessionCompleted(sessionId) : sessionNotFound(sessionId));
}
