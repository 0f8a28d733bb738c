import { Field, InputType, registerEnumType } from 'type-graphql';
import type { Scalar } from '../service/input-rules';
import type { JsonObject } from '../store/json-object';
import { SessionStatus } from '../store/session-status';
import { DateTimeRange } from './date-time-range.input';
import { JSONObjectScalar } from './json-object.scalar';

export enum SessionOrderField {
  STARTED_AT = 'STARTED_AT',
}

export enum OrderDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}

registerEnumType(SessionOrderField, { name: 'SessionOrderField' });
registerEnumType(OrderDirection, { name: 'OrderDirection' });

@InputType('SessionFilter')
export class SessionFilter {
  @Field(() => [SessionStatus], { nullable: true })
  readonly statuses?: SessionStatus[] | null;

  @Field(() => [String], { nullable: true })
  readonly languages?: string[] | null;

  @Field(() => DateTimeRange, { nullable: true })
  readonly startedAt?: DateTimeRange | null;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description:
      'Every given top-level key has this value (a string, number, boolean or null) in the session\'s metadata: {"userId": "user-456"}.',
  })
  readonly metadata?: Scalar<JsonObject> | null;
}

@InputType('SessionOrder')
export class SessionOrder {
  @Field(() => SessionOrderField, { defaultValue: SessionOrderField.STARTED_AT })
  readonly field!: SessionOrderField;

  @Field(() => OrderDirection, { defaultValue: OrderDirection.DESC })
  readonly direction!: OrderDirection;
}
