import { Field, ID, InputType, registerEnumType } from 'type-graphql';
import type { Scalar } from '../service/input-rules';
import { maxUnsetKeys } from '../service/session-draft';
import type { JsonObject } from '../store/json-object';
import { SessionStatus } from '../store/session-status';
import { DateTimeScalar } from './date-time.scalar';
import { idRule, languageRule, metadataRule } from './described-rules';
import { JSONObjectScalar } from './json-object.scalar';

/** The states in which a session can end. */
export const SessionOutcome = {
  COMPLETED: SessionStatus.COMPLETED,
  FAILED: SessionStatus.FAILED,
} as const;
export type SessionOutcome = (typeof SessionOutcome)[keyof typeof SessionOutcome];

registerEnumType(SessionOutcome, {
  name: 'SessionOutcome',
  description: 'How a call can end.',
  valuesConfig: {
    COMPLETED: { description: 'Normally.' },
    FAILED: { description: 'With a failure.' },
  },
});

@InputType('CreateSessionInput', { description: 'A session to create.' })
export class CreateSessionInput {
  @Field(() => ID, { description: `Your own id, unique over all sessions. ${idRule}` })
  readonly sessionId!: string;

  @Field(() => String, { description: languageRule })
  readonly language!: string;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: `Data about the call, as a JSON object. ${metadataRule}`,
  })
  readonly metadata?: Scalar<JsonObject> | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When it began. Default: now, by the server's clock.",
  })
  readonly startedAt?: Scalar<Date> | null;
}

@InputType('CompleteSessionInput', { description: 'The end of a session.' })
export class CompleteSessionInput {
  @Field(() => ID, { description: 'The session to end.' })
  readonly sessionId!: string;

  @Field(() => SessionOutcome, { defaultValue: SessionOutcome.COMPLETED, description: 'How it ended.' })
  readonly outcome!: SessionOutcome;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: "When it ended, not before it started. Default: now, by the server's clock.",
  })
  readonly endedAt?: Scalar<Date> | null;

  @Field(() => String, { nullable: true, description: '1 to 128 characters.' })
  readonly endReason?: string | null;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description:
      'Sets these top-level keys of the metadata, in the same step. The result may have at most 16 KiB as JSON and 32 levels.',
  })
  readonly setMetadata?: Scalar<JsonObject> | null;
}

@InputType('UpdateSessionInput', { description: 'Changes to the metadata and language of a session.' })
export class UpdateSessionInput {
  @Field(() => ID, { description: 'The session to update.' })
  readonly sessionId!: string;

  @Field(() => JSONObjectScalar, {
    nullable: true,
    description:
      'Sets these top-level keys of the metadata; what they held is replaced. ' +
      'The result may have at most 16 KiB as JSON and 32 levels.',
  })
  readonly setMetadata?: Scalar<JsonObject> | null;

  @Field(() => [String], {
    nullable: true,
    description: `Removes these top-level keys of the metadata. At most ${maxUnsetKeys}, none of them in setMetadata.`,
  })
  readonly unsetMetadata?: string[] | null;

  @Field(() => String, { nullable: true, description: languageRule })
  readonly language?: string | null;
}
