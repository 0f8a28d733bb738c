import { Field, ObjectType } from 'type-graphql';
import { Session } from '../store/session.model';

@ObjectType('CreateSessionPayload', {
  simpleResolvers: true,
  description: 'The result of createSession.',
})
export class CreateSessionPayload {
  @Field(() => Session, { description: 'The stored session.' })
  readonly session!: Session;

  @Field(() => Boolean, {
    description: 'False where the session existed already: it is returned as it stands.',
  })
  readonly created!: boolean;
}

@ObjectType('CompleteSessionPayload', {
  simpleResolvers: true,
  description: 'The result of completeSession.',
})
export class CompleteSessionPayload {
  @Field(() => Session, { description: 'The stored session.' })
  readonly session!: Session;

  @Field(() => Boolean, {
    description: 'False where the session had ended already: it is returned as it stands.',
  })
  readonly completed!: boolean;
}

@ObjectType('UpdateSessionPayload', {
  simpleResolvers: true,
  description: 'The result of updateSession.',
})
export class UpdateSessionPayload {
  @Field(() => Session, { description: 'The stored session.' })
  readonly session!: Session;

  @Field(() => Boolean, { description: 'False where the session said all of it already.' })
  readonly updated!: boolean;
}
