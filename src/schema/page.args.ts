import { ArgsType, Field, Int } from 'type-graphql';
import { defaultPageSize, maxPageSize } from '../service/page';
import { EventFilter, EventOrder } from './event-filter.input';
import { SessionFilter, SessionOrder } from './session-filter.input';

/** A list's arguments, as Relay has them; the rules are in service/page. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    description: `How many from the start of the list or after a cursor, 1 to ${maxPageSize}. ${defaultPageSize} without first and last.`,
  })
  readonly first?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what comes after this cursor of the same list.' })
  readonly after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `How many from the end of the list or before a cursor, 1 to ${maxPageSize}; not together with first.`,
  })
  readonly last?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only what comes before this cursor of the same list.',
  })
  readonly before?: string | null;
}

@ArgsType()
export class EventPageArgs extends PageArgs {
  @Field(() => EventFilter, { nullable: true, description: 'Only events that match.' })
  readonly filter?: EventFilter | null;

  @Field(() => EventOrder, {
    nullable: true,
    description: 'Without it: the conversation from its beginning.',
  })
  readonly orderBy?: EventOrder | null;
}

@ArgsType()
export class SessionPageArgs extends PageArgs {
  @Field(() => SessionFilter, { nullable: true, description: 'Only sessions that match.' })
  readonly filter?: SessionFilter | null;

  @Field(() => SessionOrder, {
    nullable: true,
    description: 'Without it: those that started last come first.',
  })
  readonly orderBy?: SessionOrder | null;
}
