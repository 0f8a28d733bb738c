import type { EventService } from '../service/event-service';
import type { LiveService } from '../service/live/live-service';
import type { Services } from '../service/create-services';
import type { SessionService } from '../service/session-service';
import type { Reader } from '../store/reader';
import type { RequestScope } from '../store/request-scope';

/** What resolvers work with; made anew for each operation. */
export interface RequestContext {
  readonly sessions: SessionService;
  readonly events: EventService;
  readonly live: LiveService;
  readonly reader: Reader;
  /** Where a subscription goes on, for clients that say so apart from its arguments. */
  readonly resumeAfter?: number | null;
}

/** The context of one operation; without a scope, nothing bounds it. */
export function createRequestContext(services: Services, scope: RequestScope | null = null): RequestContext {
  const { sessions, events, live } = services;
  return { sessions, events, live, reader: services.reader(scope) };
}
