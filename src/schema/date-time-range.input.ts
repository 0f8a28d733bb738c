import { Field, Float, InputType } from 'type-graphql';
import type { Scalar } from '../service/input-rules';
import { DateTimeScalar } from './date-time.scalar';

@InputType('DateTimeRange', { description: 'Both ends are optional; from is included, to is not.' })
export class DateTimeRange {
  @Field(() => DateTimeScalar, { nullable: true, description: 'The first instant that belongs to it.' })
  readonly from?: Scalar<Date> | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'The first instant after it.' })
  readonly to?: Scalar<Date> | null;
}

@InputType('DurationRange', { description: 'Both ends are optional; from is included, to is not.' })
export class DurationRange {
  @Field(() => Float, {
    nullable: true,
    description: 'The shortest duration that belongs to it, in milliseconds.',
  })
  readonly fromMs?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'The shortest duration that is too long, in milliseconds.',
  })
  readonly toMs?: number | null;
}
