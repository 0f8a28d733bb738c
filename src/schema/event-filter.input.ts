import { Field, InputType, Int, registerEnumType } from 'type-graphql';
import type { EventOrder as EventOrderOfStore } from '../store/event-queries';
import { EventType } from '../store/event-type';
import { DateTimeRange } from './date-time-range.input';
import { OrderDirection } from './order-direction';

export enum EventOrderField {
  TIMESTAMP = 'TIMESTAMP',
  POSITION = 'POSITION',
}

registerEnumType(EventOrderField, {
  name: 'EventOrderField',
  description: 'Fields to order events by.',
  valuesConfig: {
    TIMESTAMP: { description: 'Conversation order: when they happened, then by position.' },
    POSITION: { description: 'The order in which they were stored: new events come last.' },
  },
});

@InputType('EventFilter', {
  description: 'Selects events that meet all given conditions.',
})
export class EventFilter {
  @Field(() => [EventType], {
    nullable: true,
    description: 'One of these types; an empty list matches nothing.',
  })
  readonly types?: EventType[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: 'When they happened.' })
  readonly timestamp?: DateTimeRange | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Only events stored after this position: what a reader that has come so far has not seen. 0 or more.',
  })
  readonly afterPosition?: number | null;
}

@InputType('EventOrder', { description: 'The order of the events of a session.' })
export class EventOrder {
  @Field(() => EventOrderField, {
    defaultValue: EventOrderField.TIMESTAMP,
    description: 'The field to order by.',
  })
  readonly field!: EventOrderField;

  @Field(() => OrderDirection, { defaultValue: OrderDirection.ASC, description: 'Ascending or descending.' })
  readonly direction!: OrderDirection;
}

/** The order that the argument asks for; by default conversation order. */
export function eventOrderOf(order: EventOrder | null | undefined): EventOrderOfStore {
  return {
    field: order?.field === EventOrderField.POSITION ? 'position' : 'timestamp',
    ascending: order?.direction !== OrderDirection.DESC,
  };
}
