import type { EventService } from '../service/event-service';
import type { Services } from '../service/create-services';
import type { SessionService } from '../service/session-service';
import type { Reader } from '../store/reader';
import type { RequestScope } from '../store/request-scope';

/** What resolvers work with; made anew for each operation. */
export interface RequestContext {
  readonly sessions: SessionService;
  readonly events: EventService;
  readonly reader: Reader;
}

/** The context of one operation; without a scope, nothing bounds it. */
export function createRequestContext(services: Services, scope: RequestScope | null = null): RequestContext {
  return { sessions: services.sessions, events: services.events, reader: services.reader(scope) };
}
