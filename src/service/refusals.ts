import { DomainError, serviceUnavailable } from '../errors';

/** No session has this id. */
export function sessionNotFound(sessionId: string): DomainError {
  return new DomainError('SESSION_NOT_FOUND', `There is no session ${JSON.stringify(sessionId)}.`);
}

/** The session has ended and accepts no more events. */
export function sessionCompleted(sessionId: string): DomainError {
  return new DomainError(
    'SESSION_COMPLETED',
    `Session ${JSON.stringify(sessionId)} has ended: its events are final.`,
  );
}

/** The eventId is already stored with another type, payload or timestamp. */
export function eventConflict(sessionId: string, eventId: string): DomainError {
  return new DomainError(
    'EVENT_CONFLICT',
    `Session ${JSON.stringify(sessionId)} already has an event ${JSON.stringify(eventId)} with different content.`,
  );
}

/** The request timed out; its write may or may not be stored. */
export function writeTimedOut(): DomainError {
  return serviceUnavailable('The write timed out; it may or may not have been stored. Try again.');
}
