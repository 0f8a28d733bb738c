import { Field, ObjectType } from 'type-graphql';
import { Session } from '../store/session.model';

@ObjectType('CreateSessionPayload', { simpleResolvers: true })
export class CreateSessionPayload {
  @Field(() => Session)
  readonly session!: Session;

  @Field(() => Boolean, {
    description: 'False where the session existed already: it is returned as it stands.',
  })
  readonly created!: boolean;
}

@ObjectType('CompleteSessionPayload', { simpleResolvers: true })
export class CompleteSessionPayload {
  @Field(() => Session)
  readonly session!: Session;

  @Field(() => Boolean, {
    description: 'False where the session had ended already: it is returned as it stands.',
  })
  readonly completed!: boolean;
}
