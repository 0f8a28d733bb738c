import { ArgsType, Field, Int } from 'type-graphql';
import { defaultPageSize, maxPageSize } from '../service/page';
import { EventFilter, EventOrder } from './event-filter.input';
import { SessionFilter, SessionOrder } from './session-filter.input';

/** The arguments of a list, as Relay defines them; service/page has the rules. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    description: `Number of rows from the start or after a cursor, 1 to ${maxPageSize}. Default, without last: ${defaultPageSize}.`,
  })
  readonly first?: number | null;

  @Field(() => String, { nullable: true, description: 'Only rows after this cursor of the same list.' })
  readonly after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `Number of rows from the end or before a cursor, 1 to ${maxPageSize}; not together with first.`,
  })
  readonly last?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only rows before this cursor of the same list.',
  })
  readonly before?: string | null;
}

@ArgsType()
export class EventPageArgs extends PageArgs {
  @Field(() => EventFilter, { nullable: true, description: 'Only events that match.' })
  readonly filter?: EventFilter | null;

  @Field(() => EventOrder, {
    nullable: true,
    description: 'Default: conversation order.',
  })
  readonly orderBy?: EventOrder | null;
}

@ArgsType()
export class SessionPageArgs extends PageArgs {
  @Field(() => SessionFilter, { nullable: true, description: 'Only sessions that match.' })
  readonly filter?: SessionFilter | null;

  @Field(() => SessionOrder, {
    nullable: true,
    description: 'Default: newest first.',
  })
  readonly orderBy?: SessionOrder | null;
}
