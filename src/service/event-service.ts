import { badUserInput, DomainError } from '../errors';
import type { EventType } from '../store/event-type';
import type { JsonObject } from '../store/json-object';
import type { AddOutcome } from './event-outcome';
import type { EventWriter, SizedEvent } from './event-writer';
import { checkId, checkInstant, checkJson, maxPayloadBytes, type Scalar } from './input-rules';

export interface AddEvent {
  readonly sessionId: string;
  readonly eventId: string;
  readonly type: EventType;
  readonly payload: Scalar<JsonObject>;
  readonly timestamp?: Scalar<Date> | null;
}

/** The maximum number of events in one addEvents. */
export const maxEventsPerRequest = 1000;

/** The rules of adding events. */
export class EventService {
  constructor(private readonly writer: EventWriter) {}

  /**
   * Stores one event once: a retry gets the stored event, with `created: false`.
   * @throws BAD_USER_INPUT, EVENT_CONFLICT, SESSION_NOT_FOUND, SESSION_COMPLETED, SERVICE_UNAVAILABLE
   */
  async add(input: AddEvent) {
    const [outcome] = await this.writer.add([checkEvent('input', input)]);
    if (outcome!.kind === 'refused') throw outcome!.error;
    return outcome!;
  }

  /**
   * Stores many events independently; returns the outcomes in the order of `inputs`.
   * @throws BAD_USER_INPUT if there are none or too many, SERVICE_UNAVAILABLE
   */
  async addMany(inputs: readonly AddEvent[]): Promise<AddOutcome[]> {
    if (inputs.length === 0 || inputs.length > maxEventsPerRequest) {
      throw badUserInput('input.events', `must contain 1 to ${maxEventsPerRequest} events.`);
    }
    const checked = inputs.map((input, index) => checkedOrRefused(`input.events.${index}`, input));
    const accepted = checked.filter((event): event is SizedEvent => !(event instanceof DomainError));
    const outcomes = accepted.length > 0 ? await this.writer.add(accepted) : [];
    let next = 0;
    return checked.map((event) =>
      event instanceof DomainError ? { kind: 'refused', error: event } : outcomes[next++]!,
    );
  }
}

function checkedOrRefused(argument: string, input: AddEvent): SizedEvent | DomainError {
  try {
    return checkEvent(argument, input);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

function checkEvent(argument: string, input: AddEvent): SizedEvent {
  const payload = checkJson(`${argument}.payload`, input.payload, maxPayloadBytes);
  return {
    sessionId: checkId(`${argument}.sessionId`, input.sessionId),
    eventId: checkId(`${argument}.eventId`, input.eventId),
    type: input.type,
    payload: payload.stored,
    timestamp: checkInstant(`${argument}.timestamp`, input.timestamp),
    size: payload.size,
  };
}
