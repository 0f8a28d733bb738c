import type { mongo } from 'mongoose';
import { conversationIndex, storedOrderIndex } from './event.model';
import type { EventType } from './event-type';
import { keysetQuery, rangeBounds, type InstantRange } from './keyset';
import type { PageRequest } from './page';

/** A place in a session's events, in either order. */
export interface EventPlace {
  readonly timestamp: Date;
  readonly position: number;
}

/** `timestamp`: conversation order, with ties by position; `position`: the order in which events were stored. */
export interface EventOrder {
  readonly field: 'timestamp' | 'position';
  readonly ascending: boolean;
}

/** The selected events of a session. */
export interface EventSelection {
  readonly types: readonly EventType[] | null;
  readonly timestamp: InstantRange | null;
  /** Only events stored after this position. */
  readonly afterPosition: number | null;
}

/** A page of a session's events. */
export interface EventPageRequest {
  readonly place: PageRequest<EventPlace>;
  readonly order: EventOrder;
  readonly selection: EventSelection;
}

type Condition = mongo.Filter<mongo.Document>;

/** The filter, order and index of a page of events, without the session. */
export function eventPageQuery(
  page: PageRequest<EventPlace>,
  { field, ascending }: EventOrder,
  { types, timestamp, afterPosition }: EventSelection,
) {
  const ofTypes: Condition = types === null ? {} : { type: { $in: [...new Set(types)] } };
  if (field === 'timestamp') {
    const later: Condition = afterPosition === null ? {} : { position: { $gt: afterPosition } };
    const places = { ...page, after: conversationPlace(page.after), before: conversationPlace(page.before) };
    const { condition, sort } = keysetQuery({ field, tie: 'position', ascending }, places, timestamp);
    return { condition: { ...ofTypes, ...later, ...condition }, sort, hint: conversationIndex };
  }
  const instants = rangeBounds(timestamp);
  const places = { ...page, after: storedPlace(page.after), before: storedPlace(page.before) };
  const range = afterPosition === null ? null : { from: afterPosition + 1 };
  const { condition, sort } = keysetQuery({ field, tie: null, ascending }, places, range);
  return {
    condition: { ...ofTypes, ...(instants && { timestamp: instants }), ...condition },
    sort,
    hint: storedOrderIndex,
  };
}

/** The filter to count events, without the session. */
export function eventCountCondition(selection: EventSelection): Condition {
  const everything: PageRequest<never> = { direction: 'forward', limit: 1, after: null, before: null };
  return eventPageQuery(everything, { field: 'timestamp', ascending: true }, selection).condition;
}

/**
 * The number of selected events of a session with `eventCount` events, if it follows from the positions, which have no
 * gaps; otherwise null.
 */
export function countWithoutCounting(
  { types, timestamp, afterPosition }: EventSelection,
  eventCount: number,
): number | null {
  if (types !== null || rangeBounds(timestamp) !== null) return null;
  return Math.max(0, eventCount - (afterPosition ?? 0));
}

function conversationPlace(place: EventPlace | null) {
  return place && { value: place.timestamp, tie: place.position };
}

function storedPlace(place: EventPlace | null) {
  return place && { value: place.position, tie: null };
}
