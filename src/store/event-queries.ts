import type { mongo } from 'mongoose';
import type { EventType } from './event-type';
import { keysetQuery, type InstantRange, type Keyset } from './keyset';
import type { PageRequest } from './page';

/** A place in a session's conversation order. */
export interface EventPlace {
  readonly timestamp: Date;
  readonly position: number;
}

/** Which of a session's events are wanted. */
export interface EventSelection {
  readonly types: readonly EventType[] | null;
  readonly timestamp: InstantRange | null;
}

const conversationOrder: Keyset = { instant: 'timestamp', tie: 'position', ascending: true };

/** The filter and the order of a page of a session's events, but for the session. */
export function eventPageQuery(page: PageRequest<EventPlace>, selection: EventSelection) {
  const places = { ...page, after: keysetPlace(page.after), before: keysetPlace(page.before) };
  const { condition, sort } = keysetQuery(conversationOrder, places, selection.timestamp);
  return { condition: { ...typeCondition(selection), ...condition }, sort };
}

/** The filter for counting a session's events, but for the session. */
export function eventCountCondition(selection: EventSelection): mongo.Filter<mongo.Document> {
  const everything: PageRequest<never> = { direction: 'forward', limit: 1, after: null, before: null };
  return eventPageQuery(everything, selection).condition;
}

/** Whether the selection leaves nothing out. */
export function isEveryEvent({ types, timestamp }: EventSelection): boolean {
  return types === null && !timestamp?.from && !timestamp?.to;
}

function typeCondition({ types }: EventSelection): mongo.Filter<mongo.Document> {
  return types === null ? {} : { type: { $in: [...new Set(types)] } };
}

function keysetPlace(place: EventPlace | null) {
  return place && { instant: place.timestamp, tie: place.position };
}
