import { Field, Int, ObjectType } from 'type-graphql';
import type { CursorCodec } from '../service/cursor';
import type { SessionPlace } from '../store/session-queries';
import { Session } from '../store/session.model';
import type { PageOfList } from './page-of-list';
import { PageInfo } from './page-info.type';

/** Encodes the cursor on access, because most clients only use the page's two ends. */
@ObjectType('SessionEdge', { simpleResolvers: true, description: 'A session with its cursor.' })
export class SessionEdge {
  @Field(() => Session, { description: 'The session.' })
  readonly node: Session;

  constructor(
    node: Session,
    private readonly cursors: CursorCodec<Session, SessionPlace>,
  ) {
    this.node = node;
  }

  @Field(() => String, { description: 'Its place in the list, for after and before.' })
  get cursor(): string {
    return this.cursors.encode(this.node);
  }
}

@ObjectType('SessionConnection', {
  simpleResolvers: true,
  description: 'A page of sessions.',
})
export class SessionConnection {
  @Field(() => Int, { description: 'All sessions that match the filter. Counted only when asked for.' })
  readonly totalCount: number;

  constructor(
    private readonly page: PageOfList<Session, SessionPlace>,
    totalCount: number,
  ) {
    this.totalCount = totalCount;
  }

  @Field(() => [SessionEdge], { description: 'The sessions of the page with their cursors.' })
  get edges(): SessionEdge[] {
    return this.page.rows.map((session) => new SessionEdge(session, this.page.cursors));
  }

  @Field(() => [Session], { description: 'The sessions of the page.' })
  get nodes(): readonly Session[] {
    return this.page.rows;
  }

  @Field(() => PageInfo, { description: 'Cursors, and whether there are more pages.' })
  get pageInfo(): PageInfo {
    return this.page.info;
  }
}
