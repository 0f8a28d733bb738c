import { ArgsType, Field, Int } from 'type-graphql';
import { EventFilter } from './event-filter.input';
import { SessionFilter, SessionOrder } from './session-filter.input';

/** A list's arguments, as Relay has them; the rules are in service/page. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, { nullable: true })
  readonly first?: number | null;

  @Field(() => String, { nullable: true })
  readonly after?: string | null;

  @Field(() => Int, { nullable: true })
  readonly last?: number | null;

  @Field(() => String, { nullable: true })
  readonly before?: string | null;
}

@ArgsType()
export class EventPageArgs extends PageArgs {
  @Field(() => EventFilter, { nullable: true })
  readonly filter?: EventFilter | null;
}

@ArgsType()
export class SessionPageArgs extends PageArgs {
  @Field(() => SessionFilter, { nullable: true })
  readonly filter?: SessionFilter | null;

  @Field(() => SessionOrder, { nullable: true })
  readonly orderBy?: SessionOrder | null;
}
