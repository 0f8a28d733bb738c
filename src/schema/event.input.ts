import { Field, ID, InputType } from 'type-graphql';
import { maxEventsPerRequest } from '../service/event-service';
import type { Scalar } from '../service/input-rules';
import { EventType } from '../store/event-type';
import type { JsonObject } from '../store/json-object';
import { DateTimeScalar } from './date-time.scalar';
import { idRule, payloadRule } from './described-rules';
import { JSONObjectScalar } from './json-object.scalar';

@InputType('AddEventInput', { description: 'An event to store.' })
export class AddEventInput {
  @Field(() => ID, { description: `The session of the event. ${idRule}` })
  readonly sessionId!: string;

  @Field(() => ID, { description: `Your own id, unique within the session. ${idRule}` })
  readonly eventId!: string;

  @Field(() => EventType, { description: 'The source of the event.' })
  readonly type!: EventType;

  @Field(() => JSONObjectScalar, {
    description: `The content of the event, as a JSON object. ${payloadRule}`,
  })
  readonly payload!: Scalar<JsonObject>;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When it happened. Default: when it is stored, by the server's clock.",
  })
  readonly timestamp?: Scalar<Date> | null;
}

@InputType('AddEventsInput', { description: 'A batch of events to store.' })
export class AddEventsInput {
  @Field(() => [AddEventInput], {
    description: `1 to ${maxEventsPerRequest}, of one session or of many.`,
  })
  readonly events!: AddEventInput[];
}
