import type { mongo, Types } from 'mongoose';
import type { JsonObject } from './json-object';
import { keysetQuery, type InstantRange, type Keyset } from './keyset';
import { labelsOf } from './labels';
import type { PageRequest } from './page';
import type { SessionStatus } from './session-status';

/** A place in the list of sessions. */
export interface SessionPlace {
  readonly startedAt: Date;
  readonly _id: Types.ObjectId;
}

/** Which sessions are wanted. */
export interface SessionSelection {
  readonly statuses: readonly SessionStatus[] | null;
  /** Canonical tags. */
  readonly languages: readonly string[] | null;
  readonly startedAt: InstantRange | null;
  /** Scalars by top-level key of the metadata. */
  readonly metadata: JsonObject | null;
}

/** The filter and the order of a page of the list of sessions. */
export function sessionPageQuery(
  page: PageRequest<SessionPlace>,
  ascending: boolean,
  selection: SessionSelection,
) {
  const keyset: Keyset = { instant: 'startedAt', tie: '_id', ascending };
  const places = { ...page, after: keysetPlace(page.after), before: keysetPlace(page.before) };
  const { condition, sort } = keysetQuery(keyset, places, selection.startedAt);
  return { condition: { ...equalities(selection), ...condition }, sort };
}

/** The filter for counting sessions. */
export function sessionCountFilter(selection: SessionSelection): mongo.Filter<mongo.Document> {
  const everything: PageRequest<never> = { direction: 'forward', limit: 1, after: null, before: null };
  return sessionPageQuery(everything, true, selection).condition;
}

function equalities({ statuses, languages, metadata }: SessionSelection): mongo.Filter<mongo.Document> {
  const labels = metadata === null ? [] : labelsOf(metadata);
  return {
    ...(statuses && { status: oneOf(statuses) }),
    ...(languages && { language: oneOf(languages) }),
    ...(labels.length === 1 && { labels: labels[0] }),
    ...(labels.length > 1 && { labels: { $all: labels } }),
  };
}

function oneOf(values: readonly string[]) {
  const different = [...new Set(values)];
  return different.length === 1 ? different[0] : { $in: different };
}

function keysetPlace(place: SessionPlace | null) {
  return place && { instant: place.startedAt, tie: place._id };
}
