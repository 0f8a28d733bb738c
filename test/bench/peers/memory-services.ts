import type { Database } from '../../../src/database/database';
import type { Services } from '../../../src/service/create-services';
import type { AddOutcome } from '../../../src/service/event-outcome';
import { EventService } from '../../../src/service/event-service';
import type { EventWriter, SizedEvent } from '../../../src/service/event-writer';
import { Event } from '../../../src/store/event.model';

/**
 * The service's own rules over a store that answers from memory at once. It counts the events of a session and keeps
 * none: what is measured is everything but storing.
 */
export function memoryServices(): Services {
  const counts = new Map<string, number>();
  const store = (sent: SizedEvent): AddOutcome => {
    const position = (counts.get(sent.sessionId) ?? 0) + 1;
    counts.set(sent.sessionId, position);
    const receivedAt = new Date();
    const event = new Event({ ...sent, timestamp: sent.timestamp ?? receivedAt, receivedAt, position });
    return { kind: 'stored', event, created: true };
  };
  const writer: Pick<EventWriter, 'add'> = { add: async (events) => events.map(store) };
  return {
    events: new EventService(writer as EventWriter),
    // Nothing in the bench asks for them.
    sessions: {} as Services['sessions'],
    live: {} as Services['live'],
    // Made anew for each operation, as the real one is; an event's own fields need nothing of it.
    reader: () => ({ afterWrite: () => undefined }) as ReturnType<Services['reader']>,
    close: async () => undefined,
  };
}

/** Stands where a database would be asked whether it is there. */
export const noDatabase = {
  description: 'memory',
  availability: { require: () => undefined, isAvailable: () => true, watch: () => () => undefined },
  ping: async () => undefined,
  close: async () => undefined,
} as Pick<Database, 'description' | 'availability' | 'ping' | 'close'> as Database;
