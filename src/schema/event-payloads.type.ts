import { createUnionType, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Event } from '../store/event.model';

export enum EventRejectionCode {
  SESSION_NOT_FOUND = 'SESSION_NOT_FOUND',
  SESSION_COMPLETED = 'SESSION_COMPLETED',
  EVENT_CONFLICT = 'EVENT_CONFLICT',
  BAD_USER_INPUT = 'BAD_USER_INPUT',
}

registerEnumType(EventRejectionCode, {
  name: 'EventRejectionCode',
  description: 'Why one event of a batch was not stored.',
  valuesConfig: {
    SESSION_NOT_FOUND: { description: 'There is no session with this id.' },
    SESSION_COMPLETED: { description: 'The session has ended, and does not have this event.' },
    EVENT_CONFLICT: { description: 'The session has an event with this id and different content.' },
    BAD_USER_INPUT: { description: 'The event is invalid; the message states the rule.' },
  },
});

@ObjectType('AddEventPayload', { simpleResolvers: true, description: 'A stored event.' })
export class AddEventPayload {
  @Field(() => Event, { description: 'The stored event.' })
  readonly event: Event;

  @Field(() => Boolean, {
    description: 'False where this event was stored already: the stored one is returned.',
  })
  readonly created: boolean;

  constructor({ event, created }: Pick<AddEventPayload, 'event' | 'created'>) {
    this.event = event;
    this.created = created;
  }
}

@ObjectType('EventRejection', {
  simpleResolvers: true,
  description: 'One event of a batch that was not stored.',
})
export class EventRejection {
  @Field(() => ID, { description: 'The sessionId that was sent.' })
  readonly sessionId: string;

  @Field(() => ID, { description: 'The eventId that was sent.' })
  readonly eventId: string;

  @Field(() => EventRejectionCode, { description: 'The reason, as a code.' })
  readonly code: EventRejectionCode;

  @Field(() => String, { description: 'The reason, as text.' })
  readonly message: string;

  constructor({ sessionId, eventId, code, message }: EventRejection) {
    this.sessionId = sessionId;
    this.eventId = eventId;
    this.code = code;
    this.message = message;
  }
}

// Resolved by class: type-graphql would wrap a resolveType of ours in a promise.
export const AddEventResult = createUnionType({
  name: 'AddEventResult',
  description: 'What became of one event of a batch.',
  types: () => [AddEventPayload, EventRejection] as const,
});

@ObjectType('AddEventsPayload', { simpleResolvers: true, description: 'The results of a batch of events.' })
export class AddEventsPayload {
  @Field(() => [AddEventResult], { description: 'One for each event sent, in the same order.' })
  readonly results!: (AddEventPayload | EventRejection)[];

  @Field(() => Int, { description: 'Number of events stored by this request.' })
  readonly createdCount!: number;

  @Field(() => Int, { description: 'Number of events that were already stored.' })
  readonly duplicateCount!: number;

  @Field(() => Int, { description: 'Number of events that were not stored.' })
  readonly rejectedCount!: number;
}
