import { Arg, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import { Event } from '../store/event.model';
import { Session } from '../store/session.model';
import type { RequestContext } from './request-context';

interface SubscribeData {
  readonly args: { readonly sessionId: string; readonly afterPosition?: number | null };
  readonly context: RequestContext;
}

@Resolver()
export class LiveResolver {
  @Subscription(() => Event, {
    description:
      "The session's events in the order in which they were stored: first those after the given position, then each new " +
      'one as it comes, exactly once and without a gap. Ends by itself when the session has ended and all is delivered.',
    subscribe: ({ args, context }: SubscribeData) =>
      context.live.eventsOf(args.sessionId, context.resumeAfter ?? args.afterPosition),
  })
  eventAdded(
    @Arg('sessionId', () => ID, { description: 'The session to follow.' }) _sessionId: string,
    @Arg('afterPosition', () => Int, {
      nullable: true,
      description: 'The last position the client has; 0 for all. Without it, only new events.',
    })
    _afterPosition: number | null | undefined,
    @Root() event: Event,
  ): Event {
    return event;
  }

  @Subscription(() => Session, {
    description:
      'The session each time anything of it has changed (status, endedAt, eventCount, lastEventAt, metadata, language); ' +
      'the present state first.',
    subscribe: ({ args, context }: SubscribeData) => context.live.statesOf(args.sessionId),
  })
  sessionChanged(
    @Arg('sessionId', () => ID, { description: 'The session to follow.' }) _sessionId: string,
    @Root() session: Session,
  ): Session {
    return session;
  }
}
