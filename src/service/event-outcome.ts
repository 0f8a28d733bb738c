import type { DomainError } from '../errors';
import { Event, type EventRow } from '../store/event.model';
import type { NewEvent } from '../store/event-batch';
import { restoreJson, sameJson } from '../store/json-object';
import { eventConflict } from './refusals';

/** The outcome for one event. */
export type AddOutcome =
  | { readonly kind: 'stored'; readonly event: Event; readonly created: boolean }
  | { readonly kind: 'refused'; readonly error: DomainError };

/** One caller's request to store an event. Exactly one of `settle`, `fail` and `postpone` is called, once. */
export interface Attempt {
  readonly event: NewEvent;
  /** In milliseconds of Date.now(); the caller waits no longer. */
  readonly deadline: number;
  settle(outcome: AddOutcome): void;
  fail(error: unknown): void;
  /** Retries later in a lane of its own: another transaction holds the session. */
  postpone(): void;
}

/** All attempts of a batch to store one event, in order of arrival. Only the first can create it. */
export type AttemptGroup = readonly Attempt[];

/** The event of a group. */
export function eventOf([first]: AttemptGroup): NewEvent {
  return first!.event;
}

/** Groups attempts by event, in order of first arrival. */
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

/** The key of an event; ids contain no white space. */
export function keyOf({ sessionId, eventId }: Pick<NewEvent, 'sessionId' | 'eventId'>): string {
  return `${sessionId} ${eventId}`;
}

/** Settles every attempt of the group with the stored event. If `created`, the first attempt created it. */
export function settleStored(group: AttemptGroup, row: EventRow, created: boolean): void {
  const event = new Event(row);
  for (const [index, attempt] of group.entries()) {
    if (created && index === 0) attempt.settle({ kind: 'stored', event, created });
    else if (isRetryOf(attempt.event, event)) attempt.settle({ kind: 'stored', event, created: false });
    else refuse(attempt, eventConflict(event.sessionId, event.eventId));
  }
}

/** Fails every attempt: whether its event is stored is unknown. */
export function failAll(groups: readonly AttemptGroup[], error: unknown): void {
  for (const attempt of groups.flat()) attempt.fail(error);
}

/** Settles one attempt with the reason why its event is not stored. */
export function refuse(attempt: Attempt, error: DomainError): void {
  attempt.settle({ kind: 'refused', error });
}

/** Whether `sent` is a retry of `stored`. A missing timestamp always matches. */
function isRetryOf(sent: NewEvent, stored: Event): boolean {
  return (
    sent.type === stored.type &&
    (sent.timestamp === null || sent.timestamp.getTime() === stored.timestamp.getTime()) &&
    sameJson(restoreJson(sent.payload), stored.payload)
  );
}
