import { Field, InputType } from 'type-graphql';
import type { Scalar } from '../service/input-rules';
import { DateTimeScalar } from './date-time.scalar';

@InputType('DateTimeRange', { description: 'Both ends are optional; from is included, to is not.' })
export class DateTimeRange {
  @Field(() => DateTimeScalar, { nullable: true })
  readonly from?: Scalar<Date> | null;

  @Field(() => DateTimeScalar, { nullable: true })
  readonly to?: Scalar<Date> | null;
}
