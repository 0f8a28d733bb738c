import { Field, ID, InputType, registerEnumType } from 'type-graphql';
import type { Scalar } from '../service/input-rules';
import type { JsonObject } from '../store/json-object';
import { SessionStatus } from '../store/session-status';
import { DateTimeScalar } from './date-time.scalar';
import { JSONObjectScalar } from './json-object.scalar';

/** The states in which a session can end. */
export const SessionOutcome = {
  COMPLETED: SessionStatus.COMPLETED,
  FAILED: SessionStatus.FAILED,
} as const;
export type SessionOutcome = (typeof SessionOutcome)[keyof typeof SessionOutcome];

registerEnumType(SessionOutcome, { name: 'SessionOutcome' });

@InputType('CreateSessionInput')
export class CreateSessionInput {
  @Field(() => ID)
  readonly sessionId!: string;

  @Field(() => String)
  readonly language!: string;

  @Field(() => JSONObjectScalar, { nullable: true })
  readonly metadata?: Scalar<JsonObject> | null;

  @Field(() => DateTimeScalar, { nullable: true })
  readonly startedAt?: Scalar<Date> | null;
}

@InputType('CompleteSessionInput')
export class CompleteSessionInput {
  @Field(() => ID)
  readonly sessionId!: string;

  @Field(() => SessionOutcome, { defaultValue: SessionOutcome.COMPLETED })
  readonly outcome!: SessionOutcome;

  @Field(() => DateTimeScalar, { nullable: true })
  readonly endedAt?: Scalar<Date> | null;
}
