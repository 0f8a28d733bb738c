import { Field, ID, InputType } from 'type-graphql';
import type { Scalar } from '../service/input-rules';
import { EventType } from '../store/event-type';
import type { JsonObject } from '../store/json-object';
import { DateTimeScalar } from './date-time.scalar';
import { JSONObjectScalar } from './json-object.scalar';

@InputType('AddEventInput')
export class AddEventInput {
  @Field(() => ID)
  readonly sessionId!: string;

  @Field(() => ID)
  readonly eventId!: string;

  @Field(() => EventType)
  readonly type!: EventType;

  @Field(() => JSONObjectScalar)
  readonly payload!: Scalar<JsonObject>;

  @Field(() => DateTimeScalar, { nullable: true })
  readonly timestamp?: Scalar<Date> | null;
}

@InputType('AddEventsInput')
export class AddEventsInput {
  @Field(() => [AddEventInput], { description: '1 to 1000, of one session or of many.' })
  readonly events!: AddEventInput[];
}
