import { Field, InputType } from 'type-graphql';
import { EventType } from '../store/event-type';
import { DateTimeRange } from './date-time-range.input';

@InputType('EventFilter')
export class EventFilter {
  @Field(() => [EventType], { nullable: true })
  readonly types?: EventType[] | null;

  @Field(() => DateTimeRange, { nullable: true })
  readonly timestamp?: DateTimeRange | null;
}
