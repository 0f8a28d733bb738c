import { createUnionType, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Event } from '../store/event.model';

/** The reasons why one event of a batch was not stored. */
export enum EventRejectionCode {
  SESSION_NOT_FOUND = 'SESSION_NOT_FOUND',
  SESSION_COMPLETED = 'SESSION_COMPLETED',
  EVENT_CONFLICT = 'EVENT_CONFLICT',
  BAD_USER_INPUT = 'BAD_USER_INPUT',
}

registerEnumType(EventRejectionCode, { name: 'EventRejectionCode' });

@ObjectType('AddEventPayload', { simpleResolvers: true })
export class AddEventPayload {
  @Field(() => Event)
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

@ObjectType('EventRejection', { simpleResolvers: true })
export class EventRejection {
  @Field(() => ID)
  readonly sessionId: string;

  @Field(() => ID)
  readonly eventId: string;

  @Field(() => EventRejectionCode)
  readonly code: EventRejectionCode;

  @Field(() => String)
  readonly message: string;

  constructor({ sessionId, eventId, code, message }: EventRejection) {
    this.sessionId = sessionId;
    this.eventId = eventId;
    this.code = code;
    this.message = message;
  }
}

// Told apart by their classes: a resolveType of ours would be wrapped in a promise.
export const AddEventResult = createUnionType({
  name: 'AddEventResult',
  description: 'What became of one event of a batch.',
  types: () => [AddEventPayload, EventRejection] as const,
});

@ObjectType('AddEventsPayload', { simpleResolvers: true })
export class AddEventsPayload {
  @Field(() => [AddEventResult], { description: 'One for each event sent, in the same order.' })
  readonly results!: (AddEventPayload | EventRejection)[];

  @Field(() => Int)
  readonly createdCount!: number;

  @Field(() => Int)
  readonly duplicateCount!: number;

  @Field(() => Int)
  readonly rejectedCount!: number;
}
