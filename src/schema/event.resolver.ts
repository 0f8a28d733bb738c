import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, FieldResolver, ID, Info, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { AddOutcome } from '../service/event-outcome';
import { checkId } from '../service/input-rules';
import { Event } from '../store/event.model';
import { Session } from '../store/session.model';
import { AddEventInput, AddEventsInput } from './event.input';
import { AddEventPayload, AddEventsPayload, EventRejection, EventRejectionCode } from './event-payloads.type';
import type { RequestContext } from './request-context';
import { selectionOf } from './selection';
import { sessionFields } from './session-fields';

@Resolver(() => Event)
export class EventResolver {
  @Query(() => Event, { nullable: true, description: 'Null where there is no such event.' })
  event(
    @Arg('sessionId', () => ID, { description: 'The session of the event.' }) sessionId: string,
    @Arg('eventId', () => ID, { description: "The caller's own id of the event." }) eventId: string,
    @Ctx() { reader }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Event | null> {
    return reader.event(checkId('sessionId', sessionId), checkId('eventId', eventId), selectionOf(info));
  }

  @FieldResolver(() => Session, { description: 'The session of the event.' })
  session(
    @Root() event: Event,
    @Ctx() { reader }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Session | null> | Session {
    return reader.session(event.sessionId, sessionFields(selectionOf(info)));
  }

  @Mutation(() => AddEventPayload, {
    description: 'Stores one event once. Safe to retry, also after the session has ended.',
  })
  async addEvent(
    @Arg('input', () => AddEventInput, { description: 'The event.' }) input: AddEventInput,
    @Ctx() { events, reader }: RequestContext,
  ): Promise<AddEventPayload> {
    const added = await events.add(input);
    reader.afterWrite();
    return added;
  }

  @Mutation(() => AddEventsPayload, {
    description: 'Stores many events. Each one succeeds or fails by itself.',
  })
  async addEvents(
    @Arg('input', () => AddEventsInput, { description: 'The events.' }) { events: inputs }: AddEventsInput,
    @Ctx() { events, reader }: RequestContext,
  ): Promise<AddEventsPayload> {
    const outcomes = await events.addMany(inputs);
    reader.afterWrite();
    const results = outcomes.map((outcome, index) => resultOf(outcome, inputs[index]!));
    const stored = outcomes.filter((outcome) => outcome.kind === 'stored');
    const createdCount = stored.filter(({ created }) => created).length;
    return {
      results,
      createdCount,
      duplicateCount: stored.length - createdCount,
      rejectedCount: results.length - stored.length,
    };
  }
}

function resultOf(
  outcome: AddOutcome,
  { sessionId, eventId }: AddEventInput,
): AddEventPayload | EventRejection {
  if (outcome.kind === 'stored') return new AddEventPayload(outcome);
  const { code, message } = outcome.error;
  return new EventRejection({
    sessionId,
    eventId,
    code: EventRejectionCode[code as keyof typeof EventRejectionCode],
    message,
  });
}
