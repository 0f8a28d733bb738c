import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, FieldResolver, ID, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import { checkEventFilter, checkSessionFilter } from '../service/filter-rules';
import { eventCursors, sessionCursors } from '../service/cursor';
import { checkId } from '../service/input-rules';
import { checkPage } from '../service/page';
import { isEveryEvent } from '../store/event-queries';
import { Session } from '../store/session.model';
import { EventConnection } from './event-connection.type';
import { EventPageArgs, SessionPageArgs } from './page.args';
import { needsRows, PageOfList, rowSelection, unreadPage } from './page-of-list';
import { CompleteSessionPayload, CreateSessionPayload } from './session-payloads.type';
import type { RequestContext } from './request-context';
import { selectionOf } from './selection';
import { sessionFields } from './session-fields';
import { SessionConnection } from './session-connection.type';
import { OrderDirection } from './session-filter.input';
import { CompleteSessionInput, CreateSessionInput } from './session.input';

@Resolver(() => Session)
export class SessionResolver {
  @Query(() => Session, { nullable: true, description: 'Null where there is no such session.' })
  session(
    @Arg('sessionId', () => ID) sessionId: string,
    @Ctx() { reader }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Session | null> | Session {
    return reader.session(checkId('sessionId', sessionId), sessionFields(selectionOf(info)));
  }

  @Query(() => SessionConnection)
  async sessions(
    @Args(() => SessionPageArgs) { filter, orderBy, ...page }: SessionPageArgs,
    @Ctx() { reader }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<SessionConnection> {
    const ascending = orderBy?.direction === OrderDirection.ASC;
    const cursors = sessionCursors(ascending);
    const request = checkPage(page, cursors);
    const wanted = checkSessionFilter(filter);
    const selection = selectionOf(info);
    const [rows, totalCount] = await Promise.all([
      needsRows(selection)
        ? reader.sessionPage(request, ascending, wanted, sessionFields(rowSelection(selection)))
        : unreadPage,
      selection.has('totalCount') ? reader.countSessions(wanted) : 0,
    ]);
    return new SessionConnection(new PageOfList(rows, request, cursors), totalCount);
  }

  @FieldResolver(() => EventConnection, {
    description:
      'The events in conversation order: timestamp, then position. Without first and last: the first 50.',
  })
  async events(
    @Root() session: Session,
    @Args(() => EventPageArgs) { filter, ...page }: EventPageArgs,
    @Ctx() { reader }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<EventConnection> {
    const cursors = eventCursors(session.sessionId);
    const request = checkPage(page, cursors);
    const wanted = checkEventFilter(filter);
    const selection = selectionOf(info);
    const count = () =>
      isEveryEvent(wanted) ? session.eventCount : reader.countEvents(session.sessionId, wanted);
    const [rows, totalCount] = await Promise.all([
      needsRows(selection)
        ? reader.eventPage(session.sessionId, request, wanted, rowSelection(selection))
        : unreadPage,
      selection.has('totalCount') ? count() : 0,
    ]);
    return new EventConnection(new PageOfList(rows, request, cursors), totalCount);
  }

  @Mutation(() => CreateSessionPayload, {
    description: 'Creates the session, or returns the one that exists. Safe to retry.',
  })
  async createSession(
    @Arg('input', () => CreateSessionInput) input: CreateSessionInput,
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
    @Arg('input', () => CompleteSessionInput) input: CompleteSessionInput,
    @Ctx() { sessions, reader }: RequestContext,
  ): Promise<CompleteSessionPayload> {
    const completed = await sessions.complete(input);
    reader.afterWrite();
    return completed;
  }
}
