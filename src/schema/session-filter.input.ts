import { Field, ID, InputType, registerEnumType } from 'type-graphql';
import { maxFilterIds, maxFilterKeys, maxFilterValues } from '../service/filter-rules';
import type { Scalar } from '../service/input-rules';
import type { JsonObject } from '../store/json-object';
import type {
  SessionOrder as SessionOrderOfStore,
  SessionOrderField as StoredField,
} from '../store/session-queries';
import { SessionStatus } from '../store/session-status';
import { DateTimeRange, DurationRange } from './date-time-range.input';
import { JSONObjectScalar } from './json-object.scalar';
import { OrderDirection } from './order-direction';

export enum SessionOrderField {
  STARTED_AT = 'STARTED_AT',
  ENDED_AT = 'ENDED_AT',
  DURATION = 'DURATION',
}

registerEnumType(SessionOrderField, {
  name: 'SessionOrderField',
  description: 'Fields to order sessions by.',
  valuesConfig: {
    STARTED_AT: { description: 'When they started.' },
    ENDED_AT: { description: 'Lists only sessions that have ended.' },
    DURATION: { description: 'Lists only sessions that have ended.' },
  },
});

@InputType('SessionFilter', {
  description: 'Selects sessions that meet all given conditions.',
})
export class SessionFilter {
  @Field(() => [SessionStatus], {
    nullable: true,
    description: 'One of these statuses; an empty list matches nothing.',
  })
  readonly statuses?: SessionStatus[] | null;

  @Field(() => [String], {
    nullable: true,
    description: `In one of these languages, at most ${maxFilterValues}: BCP 47 tags, in any spelling.`,
  })
  readonly languages?: string[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: 'When they started.' })
  readonly startedAt?: DateTimeRange | null;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description:
      "Every given top-level key has this value (a string, number, boolean or null) in the session's metadata: " +
      '{"userId": "user-456"}. A list means one of its values: {"channel": ["phone", "web"]}. ' +
      `At most ${maxFilterKeys} keys, with at most ${maxFilterValues} values each.`,
  })
  readonly metadata?: Scalar<JsonObject> | null;

  @Field(() => [ID], { nullable: true, description: `At most ${maxFilterIds}.` })
  readonly sessionIds?: string[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: 'Only sessions that have ended.' })
  readonly endedAt?: DateTimeRange | null;

  @Field(() => DurationRange, { nullable: true, description: 'Only sessions that have ended.' })
  readonly duration?: DurationRange | null;

  @Field(() => DateTimeRange, {
    nullable: true,
    description:
      'When the last event happened; finds calls that stand still. It has no index: combine it with a condition that few sessions meet.',
  })
  readonly lastEventAt?: DateTimeRange | null;

  @Field(() => [String], {
    nullable: true,
    description: `Ended for one of these reasons, at most ${maxFilterValues}.`,
  })
  readonly endReasons?: string[] | null;
}

@InputType('SessionOrder', { description: 'The order of sessions.' })
export class SessionOrder {
  @Field(() => SessionOrderField, {
    defaultValue: SessionOrderField.STARTED_AT,
    description: 'The field to order by.',
  })
  readonly field!: SessionOrderField;

  @Field(() => OrderDirection, { defaultValue: OrderDirection.DESC, description: 'Ascending or descending.' })
  readonly direction!: OrderDirection;
}

const storedFields: Readonly<Record<SessionOrderField, StoredField>> = {
  STARTED_AT: 'startedAt',
  ENDED_AT: 'endedAt',
  DURATION: 'durationMs',
};

/** The order that the argument asks for; by default newest first. */
export function sessionOrderOf(order: SessionOrder | null | undefined): SessionOrderOfStore {
  return {
    field: storedFields[order?.field ?? SessionOrderField.STARTED_AT],
    ascending: order?.direction === OrderDirection.ASC,
  };
}
