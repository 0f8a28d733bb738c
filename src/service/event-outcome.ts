import type { DomainError } from '../errors';
import { Event, type EventRow } from '../store/event.model';
import type { NewEvent } from '../store/event-batch';
import { restoreJson, sameJson } from '../store/json-object';
import { eventConflict } from './refusals';

/** What became of one event. */
export type AddOutcome =
  | { readonly kind: 'stored'; readonly event: Event; readonly created: boolean }
  | { readonly kind: 'refused'; readonly error: DomainError };

/** One caller's wish to have an event stored; exactly one of its functions is called, once. */
export interface Attempt {
  readonly event: NewEvent;
  /** In milliseconds of Date.now(); after it nobody waits any more. */
  readonly deadline: number;
  settle(outcome: AddOutcome): void;
  fail(error: unknown): void;
  /** To be tried again, apart from other sessions: its session is held by someone else. */
  postpone(): void;
}

/** All attempts of a batch at one event, in the order in which they came. Only the first one can create it. */
export type AttemptGroup = readonly Attempt[];

/** The event that a group is about. */
export function eventOf([first]: AttemptGroup): NewEvent {
  return first!.event;
}

/** The attempts by event, in the order in which the events came first. */
export function groupAttempts(attempts: readonly Attempt[]): AttemptGroup[] {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const key = keyOf(attempt.event);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [attempt]);
    else group.push(attempt);
  }
  return [...groups.values()];
}

/** Tells events apart; ids hold no white space. */
export function keyOf({ sessionId, eventId }: Pick<NewEvent, 'sessionId' | 'eventId'>): string {
  return `${sessionId} ${eventId}`;
}

/** Tells everyone of the group what is stored; `created` by the first of them, or before. */
export function settleStored(group: AttemptGroup, row: EventRow, created: boolean): void {
  const event = new Event(row);
  for (const [index, attempt] of group.entries()) {
    if (created && index === 0) attempt.settle({ kind: 'stored', event, created });
    else if (agrees(attempt.event, event)) attempt.settle({ kind: 'stored', event, created: false });
    else refuse(attempt, eventConflict(event.sessionId, event.eventId));
  }
}

/** Tells everyone of the groups that nobody knows whether the event is stored. */
export function failAll(groups: readonly AttemptGroup[], error: unknown): void {
  for (const attempt of groups.flat()) attempt.fail(error);
}

/** Tells one caller why the event was not stored. */
export function refuse(attempt: Attempt, error: DomainError): void {
  attempt.settle({ kind: 'refused', error });
}

/** Whether `sent` is a retry of what is stored. A timestamp that was not sent always agrees. */
function agrees(sent: NewEvent, stored: Event): boolean {
  return (
    sent.type === stored.type &&
    (sent.timestamp === null || sent.timestamp.getTime() === stored.timestamp.getTime()) &&
    sameJson(restoreJson(sent.payload), stored.payload)
  );
}
