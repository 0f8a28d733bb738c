import type { EventService } from '../service/event-service';
import type { LiveService } from '../service/live/live-service';
import type { Services } from '../service/create-services';
import type { SessionService } from '../service/session-service';
import type { Reader } from '../store/reader';
import type { RequestScope } from '../store/request-scope';

/** What resolvers use; created for each operation. */
export interface RequestContext {
  readonly sessions: SessionService;
  readonly events: EventService;
  readonly live: LiveService;
  readonly reader: Reader;
  /** The position to resume a subscription after, if the client sent it outside the arguments. */
  readonly resumeAfter?: number | null;
}

/** The context of one operation; without a scope, it has no limits. */
export function createRequestContext(services: Services, scope: RequestScope | null = null): RequestContext {
  const { sessions, events, live } = services;
  return { sessions, events, live, reader: services.reader(scope) };
}
