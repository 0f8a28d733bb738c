import { Field, Float, InputType } from 'type-graphql';
import type { Scalar } from '../service/input-rules';
import { DateTimeScalar } from './date-time.scalar';

@InputType('DateTimeRange', { description: 'Both ends are optional; from is included, to is not.' })
export class DateTimeRange {
  @Field(() => DateTimeScalar, { nullable: true, description: 'At or after this instant.' })
  readonly from?: Scalar<Date> | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Before this instant.' })
  readonly to?: Scalar<Date> | null;
}

@InputType('DurationRange', { description: 'Both ends are optional; from is included, to is not.' })
export class DurationRange {
  @Field(() => Float, {
    nullable: true,
    description: 'At least this long, in milliseconds.',
  })
  readonly fromMs?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Shorter than this, in milliseconds.',
  })
  readonly toMs?: number | null;
}
