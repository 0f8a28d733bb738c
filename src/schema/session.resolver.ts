import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, ID, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import { checkSessionFilter } from '../service/filter-rules';
import { sessionCursors } from '../service/cursor';
import { checkId } from '../service/input-rules';
import { checkPage, defaultPageSize } from '../service/page';
import { countWithoutCounting, type EventPlace } from '../store/event-queries';
import type { Event } from '../store/event.model';
import { Session } from '../store/session.model';
import { EventConnection } from './event-connection.type';
import { awaitedEvents, readEventPage } from './event-page';
import { EventPageArgs, SessionPageArgs } from './page.args';
import { needsRows, PageOfList, rowSelection, unreadPage } from './page-of-list';
import { CompleteSessionPayload, CreateSessionPayload, UpdateSessionPayload } from './session-payloads.type';
import type { RequestContext } from './request-context';
import { selectionOf } from './selection';
import { sessionFields } from './session-fields';
import { SessionConnection } from './session-connection.type';
import { sessionOrderOf } from './session-filter.input';
import { CompleteSessionInput, CreateSessionInput, UpdateSessionInput } from './session.input';

@Resolver(() => Session)
export class SessionResolver {
  @Query(() => Session, { nullable: true, description: 'Null where there is no such session.' })
  session(
    @Arg('sessionId', () => ID, { description: "The caller's own id." }) sessionId: string,
    @Ctx() { reader }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Session | null> | Session {
    const selection = selectionOf(info);
    const fields = sessionFields(selection);
    const events = awaitedEvents(checkId('sessionId', sessionId), selection, info);
    return events
      ? reader.sessionWithEvents(sessionId, fields, events.page, events.fields)
      : reader.session(sessionId, fields);
  }

  @Query(() => SessionConnection, {
    description: `The list of sessions. Without first and last: the first ${defaultPageSize}.`,
  })
  async sessions(
    @Args(() => SessionPageArgs) { filter, orderBy, ...page }: SessionPageArgs,
    @Ctx() { reader }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<SessionConnection> {
    const order = sessionOrderOf(orderBy);
    const cursors = sessionCursors(order);
    const request = checkPage(page, cursors);
    const wanted = checkSessionFilter(filter);
    const selection = selectionOf(info);
    const [rows, totalCount] = await Promise.all([
      needsRows(selection)
        ? reader.sessionPage(request, order, wanted, sessionFields(rowSelection(selection)))
        : unreadPage,
      selection.has('totalCount') ? reader.countSessions(order, wanted) : 0,
    ]);
    return new SessionConnection(new PageOfList(rows, request, cursors), totalCount);
  }

  @FieldResolver(() => EventConnection, {
    description:
      'The events in conversation order (timestamp, then position) or in stored order. ' +
      `Without first and last: the first ${defaultPageSize}.`,
  })
  async events(
    @Root() session: Session,
    @Args(() => EventPageArgs) args: EventPageArgs,
    @Ctx() { reader }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<EventConnection> {
    const { cursors, ...page } = readEventPage(session.sessionId, args);
    const selection = selectionOf(info);
    const count = () =>
      countWithoutCounting(page.selection, session.eventCount) ??
      reader.countEvents(session.sessionId, page.selection);
    const [rows, totalCount] = await Promise.all([
      needsRows(selection) ? reader.eventPage(session.sessionId, page, rowSelection(selection)) : unreadPage,
      selection.has('totalCount') ? count() : 0,
    ]);
    return new EventConnection(new PageOfList<Event, EventPlace>(rows, page.place, cursors), totalCount);
  }

  @Mutation(() => CreateSessionPayload, {
    description: 'Creates the session, or returns the one that exists. Safe to retry.',
  })
  async createSession(
    @Arg('input', () => CreateSessionInput, { description: 'The session to create.' })
    input: CreateSessionInput,
    @Ctx() { sessions, reader }: RequestContext,
  ): Promise<CreateSessionPayload> {
    const created = await sessions.create(input);
    reader.afterWrite();
    return created;
  }

  @Mutation(() => CompleteSessionPayload, {
    description: "Ends the session. When this has returned, the session's events are final. Safe to retry.",
  })
  async completeSession(
    @Arg('input', () => CompleteSessionInput, { description: 'The session to end, and how it ended.' })
    input: CompleteSessionInput,
    @Ctx() { sessions, reader }: RequestContext,
  ): Promise<CompleteSessionPayload> {
    const completed = await sessions.complete(input);
    reader.afterWrite();
    return completed;
  }

  @Mutation(() => UpdateSessionPayload, {
    description:
      'Changes what is said about a session, before and after its end; its events stay as they are. Safe to retry.',
  })
  async updateSession(
    @Arg('input', () => UpdateSessionInput, { description: 'The session to change, and the changes.' })
    input: UpdateSessionInput,
    @Ctx() { sessions, reader }: RequestContext,
  ): Promise<UpdateSessionPayload> {
    const updated = await sessions.update(input);
    reader.afterWrite();
    return updated;
  }
}
