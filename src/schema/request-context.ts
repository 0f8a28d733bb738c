import type { EventService } from '../service/event-service';
import type { Asker, Services } from '../service/create-services';
import type { SessionService } from '../service/session-service';
import type { Reader } from '../store/reader';

/** What resolvers work with; made anew for each operation. */
export interface RequestContext {
  readonly sessions: SessionService;
  readonly events: EventService;
  readonly reader: Reader;
}

/** The context of one operation, which reads for `asker`. */
export function createRequestContext(services: Services, asker?: Asker): RequestContext {
  return { sessions: services.sessions, events: services.events, reader: services.reader(asker) };
}
