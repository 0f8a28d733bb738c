import { badUserInput, DomainError } from '../errors';
import { beginOf, type CalendarUnit } from '../store/calendar';
import type { JsonObject } from '../store/json-object';
import { isScalar } from '../store/labels';
import type { Reader } from '../store/reader';
import type { SessionSelection } from '../store/session-queries';
import type { SessionStatus } from '../store/session-status';
import {
  type DurationBucket,
  type GroupMeasures,
  type Grouping,
  type GroupRow,
  metadataValueOf,
} from '../store/statistics-pipeline';
import { checkSessionFilter, type SessionFilterInput } from './filter-rules';
import { maxMetadataBytes } from './input-rules';
import { TimeZone } from './time-zone';

export interface GroupingInput {
  readonly startedAt?: CalendarUnit | null;
  readonly status: boolean;
  readonly language: boolean;
  readonly endReason: boolean;
  readonly metadataKey?: string | null;
}

export interface StatisticsInput {
  readonly filter?: SessionFilterInput | null;
  readonly groupBy?: GroupingInput | null;
  readonly timeZone: string;
}

/** A group of sessions; null for the fields that they are not grouped by. */
export interface SessionGroup {
  readonly startedAt: Date | null;
  readonly status: SessionStatus | null;
  readonly language: string | null;
  readonly endReason: string | null;
  readonly metadata: JsonObject | null;
  readonly sessionCount: number;
  readonly eventCount: number;
  readonly durations: GroupDurations | null;
}

/** The durations of a group's sessions, in milliseconds. */
export interface GroupDurations {
  readonly sessionCount: number;
  readonly sumMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Shortest first. Empty if no percentile is selected. */
  readonly histogram: readonly DurationBucket[];
}

export const maxGroups = 1000;

/**
 * Counts the sessions that match the filter, in groups ordered by time, then by size, the largest first.
 * @throws BAD_USER_INPUT, QUERY_TOO_COMPLEX (too many groups, or counting took too long)
 */
export async function sessionStatistics(
  reader: Reader,
  { filter, groupBy, timeZone }: StatisticsInput,
  measures: GroupMeasures,
): Promise<SessionGroup[]> {
  const selection = checkSessionFilter(filter);
  const zone = TimeZone.named('timeZone', timeZone);
  const unit = groupBy?.startedAt ?? null;
  const grouping: Grouping = {
    startedAt: unit && { unit, spans: await spansOf(zone, selection, reader) },
    status: groupBy?.status ?? false,
    language: groupBy?.language ?? false,
    endReason: groupBy?.endReason ?? false,
    metadataKey: checkKey(groupBy?.metadataKey),
  };
  const rows = await reader.groupSessions(selection, grouping, measures, maxGroups + 1);
  if (rows.length > maxGroups) {
    throw new DomainError(
      'QUERY_TOO_COMPLEX',
      `There are more than ${maxGroups} groups. Group by fewer fields or by a longer unit of time, or filter more.`,
    );
  }
  const groups = mergeEqualGroups(rows.map((row) => groupOf(row, grouping)));
  // Without groupBy there is one group, even if it is empty.
  if (groups.length === 0 && !isGrouped(grouping)) groups.push(groupOf({ _id: null, sessions: 0 }, grouping));
  return groups.sort(byTimeThenSize);
}

/** The zone's offsets in the time range of the counted sessions. */
async function spansOf(zone: TimeZone, { startedAt }: SessionSelection, reader: Reader) {
  if (zone.isFixed) return zone.spans(0, 0);
  const { from, to } = startedAt ?? {};
  if (from && to) return zone.spans(from.getTime(), to.getTime());
  const stored = await reader.firstAndLastStart();
  const [first, last] = [from ?? stored?.first ?? new Date(), to ?? stored?.last ?? new Date()];
  return zone.spans(first.getTime(), last.getTime());
}

function checkKey(key: string | null | undefined): string | null {
  if (key == null) return null;
  if (Buffer.byteLength(key) <= maxMetadataBytes) return key;
  throw badUserInput('groupBy.metadataKey', `must be at most ${maxMetadataBytes / 1024} KiB long.`);
}

function isGrouped({ startedAt, status, language, endReason, metadataKey }: Grouping): boolean {
  return startedAt !== null || status || language || endReason || metadataKey !== null;
}

function groupOf(row: GroupRow, grouping: Grouping): SessionGroup {
  const { _id: key } = row;
  return {
    startedAt: key?.startedAt ? beginOf(grouping.startedAt!, key.startedAt) : null,
    status: key?.status ?? null,
    language: key?.language ?? null,
    endReason: key?.endReason ?? null,
    metadata: grouping.metadataKey === null ? null : metadataOf(grouping.metadataKey, key?.metadata),
    sessionCount: row.sessions,
    eventCount: row.events ?? 0,
    durations: durationsOf(row),
  };
}

/** The metadata as a filter accepts it; empty if the sessions have no filterable value. */
function metadataOf(key: string, metadata: unknown): JsonObject {
  const values = metadataValueOf(key, metadata).filter(isScalar);
  return Object.fromEntries(values.map((value) => [key, value]));
}

function durationsOf({ sumMs = 0, minMs, maxMs, ended, histogram }: GroupRow): GroupDurations | null {
  // Null if none of the sessions has ended.
  if (minMs == null || maxMs == null) return null;
  const buckets = histogram?.filter((bucket) => bucket.minMs !== null) ?? [];
  const sessionCount = ended ?? buckets.reduce((sum, { sessions }) => sum + sessions, 0);
  return { sessionCount, sumMs, minMs, maxMs, histogram: buckets.sort(byDuration) };
}

/** Merges equal groups that the database could not merge: of values that are too long, or stored as text. */
function mergeEqualGroups(groups: readonly SessionGroup[]): SessionGroup[] {
  const byKey = new Map<string, SessionGroup>();
  for (const group of groups) {
    const { startedAt, status, language, endReason, metadata } = group;
    const key = JSON.stringify([startedAt, status, language, endReason, metadata]);
    const same = byKey.get(key);
    byKey.set(key, same === undefined ? group : sumOf(same, group));
  }
  return [...byKey.values()];
}

function sumOf(a: SessionGroup, b: SessionGroup): SessionGroup {
  return {
    ...a,
    sessionCount: a.sessionCount + b.sessionCount,
    eventCount: a.eventCount + b.eventCount,
    durations:
      a.durations && b.durations ? sumOfDurations(a.durations, b.durations) : (a.durations ?? b.durations),
  };
}

function sumOfDurations(a: GroupDurations, b: GroupDurations): GroupDurations {
  return {
    sessionCount: a.sessionCount + b.sessionCount,
    sumMs: a.sumMs + b.sumMs,
    minMs: Math.min(a.minMs, b.minMs),
    maxMs: Math.max(a.maxMs, b.maxMs),
    histogram: joinOverlapping([...a.histogram, ...b.histogram].sort(byDuration)),
  };
}

/** Joins overlapping buckets, which are the same bucket of two groups. */
function joinOverlapping(sorted: readonly DurationBucket[]): DurationBucket[] {
  const buckets: DurationBucket[] = [];
  for (const next of sorted) {
    const last = buckets.at(-1);
    if (!last || next.minMs! > last.maxMs!) buckets.push(next);
    else {
      const sessions = last.sessions + next.sessions;
      buckets[buckets.length - 1] = { ...last, sessions, maxMs: Math.max(last.maxMs!, next.maxMs!) };
    }
  }
  return buckets;
}

function byDuration(a: DurationBucket, b: DurationBucket): number {
  return a.minMs! - b.minMs!;
}

function byTimeThenSize(a: SessionGroup, b: SessionGroup): number {
  return (
    (a.startedAt?.getTime() ?? 0) - (b.startedAt?.getTime() ?? 0) ||
    b.sessionCount - a.sessionCount ||
    // Arbitrary, so that the same query always gets the same order.
    (nameOf(a) < nameOf(b) ? -1 : 1)
  );
}

function nameOf({ status, language, endReason, metadata }: SessionGroup): string {
  return JSON.stringify([status, language, endReason, metadata]);
}

/**
 * The duration that `percent` of the sessions do not exceed, within 2 percent: the middle of its bucket. Exact if all
 * durations in the bucket are equal.
 */
export function percentile({ histogram, sessionCount }: GroupDurations, percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sessionCount));
  let passed = 0;
  for (const { sessions, minMs, maxMs } of histogram) {
    passed += sessions;
    if (passed >= rank) return (minMs! + maxMs!) / 2;
  }
  return 0;
}
