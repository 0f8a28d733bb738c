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

/** What the list of sessions can be ordered by. By the last two, it is the list of those that have ended. */
export type SessionOrderField = 'startedAt' | 'endedAt' | 'durationMs';

export interface SessionOrder {
  readonly field: SessionOrderField;
  readonly ascending: boolean;
}

/** A place in the list of sessions. */
export interface SessionPlace {
  /** Of the field that the list is ordered by. */
  readonly value: KeyValue;
  readonly _id: Types.ObjectId;
}

/** Which sessions are wanted; null leaves nothing out. */
export interface SessionSelection {
  readonly statuses: readonly SessionStatus[] | null;
  /** Canonical tags. */
  readonly languages: readonly string[] | null;
  readonly startedAt: InstantRange | null;
  /** A scalar, or a list of those to choose from, by top-level key of the metadata. */
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

/** The filter and the order of a page of the list of sessions, and its index where there is nothing to choose. */
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

/** The filter for counting or grouping sessions, those that a list in the order of `field` would have. */
export function sessionFilter(
  selection: SessionSelection,
  field: SessionOrderField = 'startedAt',
): SessionCondition {
  const everything: PageRequest<never> = { direction: 'forward', limit: 1, after: null, before: null };
  return sessionPageQuery(everything, { field, ascending: true }, selection).filter;
}

/**
 * Whether many sessions may have to be looked at for each that is found: where an index decides one condition, and the
 * others are checked on what it finds.
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
 * Few sessions by their ids are fetched and put in order. Those that have ended are walked in their order, unless a
 * condition that few may meet has an index of its own: then the database finds out what is less work.
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

/** The range with the lower end that leaves out open sessions: what the partial indexes ask for by themselves. */
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

/** All of the conditions as one filter; those on a field that has one already stand in an $and. */
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
