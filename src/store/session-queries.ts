import type { mongo, Types } from 'mongoose';
import type { JsonObject } from './json-object';
import {
  keysetQuery,
  rangeBounds,
  type InstantRange,
  type Keyset,
  type KeyValue,
  type Range,
} from './keyset';
import { labelOf } from './labels';
import type { PageRequest } from './page';
import { earliestInstant, sessionIndexes } from './session-indexes';
import type { SessionStatus } from './session-status';

/** The orders of the list of sessions. The last two list only sessions that have ended. */
export type SessionOrderField = 'startedAt' | 'endedAt' | 'durationMs';

export interface SessionOrder {
  readonly field: SessionOrderField;
  readonly ascending: boolean;
}

/** A place in the list of sessions. */
export interface SessionPlace {
  /** The value of the field that the list is ordered by. */
  readonly value: KeyValue;
  readonly _id: Types.ObjectId;
}

/** The selected sessions; null is no condition. */
export interface SessionSelection {
  readonly statuses: readonly SessionStatus[] | null;
  /** In canonical form. */
  readonly languages: readonly string[] | null;
  readonly startedAt: InstantRange | null;
  /** A scalar or a list of alternatives, by top-level metadata key. */
  readonly metadata: JsonObject | null;
  readonly sessionIds: readonly string[] | null;
  /** Only sessions that have ended. */
  readonly endedAt: InstantRange | null;
  /** Milliseconds; only sessions that have ended. */
  readonly duration: Range<number> | null;
  readonly lastEventAt: InstantRange | null;
  readonly endReasons: readonly string[] | null;
}

export type SessionCondition = mongo.Filter<mongo.Document>;

/** The filter and order of a page of sessions, and its index if there is only one candidate. */
export function sessionPageQuery(
  page: PageRequest<SessionPlace>,
  { field, ascending }: SessionOrder,
  selection: SessionSelection,
) {
  const keyset: Keyset = { field, tie: '_id', ascending };
  const places = { ...page, after: keysetPlace(page.after), before: keysetPlace(page.before) };
  const { [field]: range = null, ...others } = rangesOf(selection);
  const { condition, sort } = keysetQuery(
    keyset,
    places,
    field === 'startedAt' ? range : endedOnly(field, range),
  );
  const filter = allOf([...choices(selection), ...boundsOf(others), condition]);
  return { filter, sort, hint: hintFor(field, selection) };
}

/** The filter to count or group the sessions that a list in the order of `field` contains. */
export function sessionFilter(
  selection: SessionSelection,
  field: SessionOrderField = 'startedAt',
): SessionCondition {
  const everything: PageRequest<never> = { direction: 'forward', limit: 1, after: null, before: null };
  return sessionPageQuery(everything, { field, ascending: true }, selection).filter;
}

/**
 * Whether many sessions may be examined for each match: an index decides one condition, and the others are checked on the
 * sessions that it finds.
 */
export function mayLookAtMany(selection: SessionSelection, { field }: SessionOrder): boolean {
  const { sessionIds, statuses, languages, endReasons, metadata, endedAt, duration, lastEventAt } = selection;
  if (sessionIds !== null) return false;
  const conditions = [
    statuses,
    languages,
    endReasons,
    ...Object.keys(metadata ?? {}),
    field === 'endedAt' ? null : endedAt,
    field === 'durationMs' ? null : duration,
  ];
  return lastEventAt !== null || conditions.filter((condition) => condition !== null).length > 1;
}

/**
 * The index to name. A few sessions by ids are fetched and sorted. Sessions that have ended are scanned in order, unless a
 * selective condition has its own index: then the planner decides.
 */
function hintFor(field: SessionOrderField, { sessionIds, metadata, endReasons }: SessionSelection) {
  if (sessionIds !== null) return sessionIndexes.identity;
  if (field === 'startedAt' || metadata !== null || endReasons !== null) return undefined;
  return field === 'endedAt' ? sessionIndexes.byEnd : sessionIndexes.byDuration;
}

function rangesOf({ startedAt, endedAt, duration, lastEventAt }: SessionSelection) {
  return {
    ...(startedAt && { startedAt }),
    ...(endedAt && { endedAt: endedOnly('endedAt', endedAt) }),
    ...(duration && { durationMs: endedOnly('durationMs', duration) }),
    ...(lastEventAt && { lastEventAt }),
  };
}

function boundsOf(ranges: Readonly<Record<string, Range<KeyValue>>>): SessionCondition[] {
  return Object.entries(ranges).flatMap(([name, range]) => {
    const bounds = rangeBounds(range);
    return bounds === null ? [] : [{ [name]: bounds }];
  });
}

/** The range with a lower bound that excludes open sessions, as the partial indexes require. */
function endedOnly(field: 'endedAt' | 'durationMs', range: Range<KeyValue> | null): Range<KeyValue> {
  return { from: range?.from ?? (field === 'endedAt' ? earliestInstant : 0), to: range?.to ?? null };
}

function choices(selection: SessionSelection): SessionCondition[] {
  const { sessionIds, statuses, languages, endReasons, metadata } = selection;
  const labels = Object.entries(metadata ?? {}).map(([key, value]) => ({
    labels: oneOf((Array.isArray(value) ? value : [value]).map((each) => labelOf(key, each))),
  }));
  return [
    ...(sessionIds ? [{ sessionId: oneOf(sessionIds) }] : []),
    ...(statuses ? [{ status: oneOf(statuses) }] : []),
    ...(languages ? [{ language: oneOf(languages) }] : []),
    ...(endReasons ? [{ endReason: oneOf(endReasons) }, { endReason: { $gte: '' } }] : []),
    ...labels,
  ];
}

function oneOf(values: readonly string[]) {
  const different = [...new Set(values)];
  return different.length === 1 ? different[0] : { $in: different };
}

/** All conditions as one filter; further conditions on the same field go into an $and. */
function allOf(conditions: readonly SessionCondition[]): SessionCondition {
  const filter: SessionCondition = {};
  const others: SessionCondition[] = [];
  for (const [name, value] of conditions.flatMap((condition) => Object.entries(condition))) {
    if (name === '$and') others.push(...(value as SessionCondition[]));
    else if (name in filter) others.push({ [name]: value as unknown });
    else filter[name] = value;
  }
  return others.length === 0 ? filter : { ...filter, $and: others };
}

function keysetPlace(place: SessionPlace | null) {
  return place && { value: place.value, tie: place._id };
}
