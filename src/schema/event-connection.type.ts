import { Field, Int, ObjectType } from 'type-graphql';
import type { CursorCodec } from '../service/cursor';
import type { EventPlace } from '../store/event-queries';
import { Event } from '../store/event.model';
import type { PageOfList } from './page-of-list';
import { PageInfo } from './page-info.type';

/** Encodes the cursor on access, because most clients only use the page's two ends. */
@ObjectType('EventEdge', { simpleResolvers: true, description: 'An event with its cursor.' })
export class EventEdge {
  @Field(() => Event, { description: 'The event.' })
  readonly node: Event;

  constructor(
    node: Event,
    private readonly cursors: CursorCodec<Event, EventPlace>,
  ) {
    this.node = node;
  }

  @Field(() => String, { description: 'Its place in the list, for after and before.' })
  get cursor(): string {
    return this.cursors.encode(this.node);
  }
}

@ObjectType('EventConnection', { simpleResolvers: true, description: "A page of a session's events." })
export class EventConnection {
  @Field(() => Int, { description: 'All events that match the filter. Counted only when asked for.' })
  readonly totalCount: number;

  constructor(
    private readonly page: PageOfList<Event, EventPlace>,
    totalCount: number,
  ) {
    this.totalCount = totalCount;
  }

  @Field(() => [EventEdge], { description: 'The events of the page with their cursors.' })
  get edges(): EventEdge[] {
    return this.page.rows.map((event) => new EventEdge(event, this.page.cursors));
  }

  @Field(() => [Event], { description: 'The events of the page.' })
  get nodes(): readonly Event[] {
    return this.page.rows;
  }

  @Field(() => PageInfo, { description: 'Cursors, and whether there are more pages.' })
  get pageInfo(): PageInfo {
    return this.page.info;
  }
}
