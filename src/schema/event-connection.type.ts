import { Field, Int, ObjectType } from 'type-graphql';
import type { CursorCodec } from '../service/cursor';
import type { EventPlace } from '../store/event-queries';
import { Event } from '../store/event.model';
import type { PageOfList } from './page-of-list';
import { PageInfo } from './page-info.type';

/** An event's place in a list. Its cursor is made when it is read: most clients take the page's two ends. */
@ObjectType('EventEdge', { simpleResolvers: true })
export class EventEdge {
  @Field(() => Event)
  readonly node: Event;

  constructor(
    node: Event,
    private readonly cursors: CursorCodec<EventPlace>,
  ) {
    this.node = node;
  }

  @Field(() => String)
  get cursor(): string {
    return this.cursors.encode(this.node);
  }
}

/** A page of a session's events. */
@ObjectType('EventConnection', { simpleResolvers: true })
export class EventConnection {
  @Field(() => Int, { description: 'All events that match the filter. Counted only when asked for.' })
  readonly totalCount: number;

  constructor(
    private readonly page: PageOfList<Event, EventPlace>,
    totalCount: number,
  ) {
    this.totalCount = totalCount;
  }

  @Field(() => [EventEdge])
  get edges(): EventEdge[] {
    return this.page.rows.map((event) => new EventEdge(event, this.page.cursors));
  }

  @Field(() => [Event])
  get nodes(): readonly Event[] {
    return this.page.rows;
  }

  @Field(() => PageInfo)
  get pageInfo(): PageInfo {
    return this.page.info;
  }
}
