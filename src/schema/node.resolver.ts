import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import { isId } from '../service/input-rules';
import { Node, parseGlobalId } from '../store/node';
import type { RequestContext } from './request-context';
import { selectionOf } from './selection';
import { sessionFields } from './session-fields';

@Resolver()
export class NodeResolver {
  @Query(() => Node, {
    nullable: true,
    description: 'Null for an id that names nothing, or that was not given out here.',
  })
  node(
    @Arg('id', () => ID, { description: 'A global id.' }) id: string,
    @Ctx() { reader }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Node | null> | Node | null {
    const key = parseGlobalId(id);
    if (key === null || !isId(key.sessionId)) return null;
    const selection = selectionOf(info);
    if (key.type === 'Session') return reader.session(key.sessionId, sessionFields(selection));
    return isId(key.eventId) ? reader.event(key.sessionId, key.eventId, selection) : null;
  }
}
