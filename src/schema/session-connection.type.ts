import { Field, Int, ObjectType } from 'type-graphql';
import type { CursorCodec } from '../service/cursor';
import type { SessionPlace } from '../store/session-queries';
import { Session } from '../store/session.model';
import type { PageOfList } from './page-of-list';
import { PageInfo } from './page-info.type';

/** A session's place in the list. */
@ObjectType('SessionEdge', { simpleResolvers: true })
export class SessionEdge {
  @Field(() => Session)
  readonly node: Session;

  constructor(
    node: Session,
    private readonly cursors: CursorCodec<SessionPlace>,
  ) {
    this.node = node;
  }

  @Field(() => String)
  get cursor(): string {
    return this.cursors.encode(this.node);
  }
}

/** A page of the list of sessions. */
@ObjectType('SessionConnection', { simpleResolvers: true })
export class SessionConnection {
  @Field(() => Int, { description: 'All sessions that match the filter. Counted only when asked for.' })
  readonly totalCount: number;

  constructor(
    private readonly page: PageOfList<Session, SessionPlace>,
    totalCount: number,
  ) {
    this.totalCount = totalCount;
  }

  @Field(() => [SessionEdge])
  get edges(): SessionEdge[] {
    return this.page.rows.map((session) => new SessionEdge(session, this.page.cursors));
  }

  @Field(() => [Session])
  get nodes(): readonly Session[] {
    return this.page.rows;
  }

  @Field(() => PageInfo)
  get pageInfo(): PageInfo {
    return this.page.info;
  }
}
