import { DomainError, serviceUnavailable } from '../errors';

/** No session has this id. */
export function sessionNotFound(sessionId: string): DomainError {
  return new DomainError('SESSION_NOT_FOUND', `There is no session ${JSON.stringify(sessionId)}.`);
}

/** The session has ended and takes nothing more. */
export function sessionCompleted(sessionId: string): DomainError {
  return new DomainError(
    'SESSION_COMPLETED',
    `Session ${JSON.stringify(sessionId)} has ended: its events are final.`,
  );
}

/** The event's id is taken by one with another type, payload or timestamp. */
export function eventConflict(sessionId: string, eventId: string): DomainError {
  return new DomainError(
    'EVENT_CONFLICT',
    `Session ${JSON.stringify(sessionId)} has an event ${JSON.stringify(eventId)} already, with other content.`,
  );
}

/** The caller has waited as long as a request may; what it asked for may have been done or not. */
export function tooLate(): DomainError {
  return serviceUnavailable('Storing took too long; it may or may not have happened. Try again.');
}
