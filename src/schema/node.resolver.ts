import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, ID, Info, Query, Resolver } from 'type-graphql';
import { badUserInput } from '../errors';
import { isId } from '../service/input-rules';
import { Node, parseGlobalId } from '../store/node';
import type { Reader } from '../store/reader';
import type { RequestContext } from './request-context';
import { type Selection, selectionOf } from './selection';
import { sessionFields } from './session-fields';

/** The maximum number of ids in one request. */
const maxNodes = 500;

@Resolver()
export class NodeResolver {
  @Query(() => Node, {
    nullable: true,
    description: 'Null for an unknown id.',
  })
  node(
    @Arg('id', () => ID, { description: 'A global id.' }) id: string,
    @Ctx() { reader }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Node | null> | Node | null {
    return nodeOf(id, reader, selectionOf(info));
  }

  @Query(() => [Node], {
    nullable: 'items',
    description: `In the order of the ids, at most ${maxNodes}; null for each that names nothing.`,
  })
  nodes(
    @Arg('ids', () => [ID], { description: `Global ids, at most ${maxNodes}.` }) ids: string[],
    @Ctx() { reader }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): (Promise<Node | null> | Node | null)[] {
    if (ids.length > maxNodes) throw badUserInput('ids', `must contain at most ${maxNodes} ids.`);
    const selection = selectionOf(info);
    // Lookups of one tick are batched into one command for each type.
    return ids.map((id) => nodeOf(id, reader, selection));
  }
}

/** Null for an unknown or invalid id. */
function nodeOf(id: string, reader: Reader, selection: Selection): Promise<Node | null> | Node | null {
  const key = parseGlobalId(id);
  if (key === null || !isId(key.sessionId)) return null;
  if (key.type === 'Session') return reader.session(key.sessionId, sessionFields(selection));
  return isId(key.eventId) ? reader.event(key.sessionId, key.eventId, selection) : null;
}
