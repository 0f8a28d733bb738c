import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, Info, Query, Resolver } from 'type-graphql';
import { maxGroups, sessionStatistics } from '../service/session-statistics';
import type { RequestContext } from './request-context';
import { selectionOf } from './selection';
import { SessionFilter } from './session-filter.input';
import { percentileFields, SessionGroup } from './session-group.type';
import { groupingOf, SessionGrouping } from './session-grouping.input';

@Resolver()
export class StatisticsResolver {
  @Query(() => [SessionGroup], {
    description:
      'How many sessions there are and how long they took, a group for each combination of what groupBy names, by time ' +
      'and then by size. Without groupBy: one group. ' +
      `At most ${maxGroups} groups: more are refused as QUERY_TOO_COMPLEX. ` +
      'It is fast with startedAt, status and language only, and without eventCount; otherwise filter by a range of startedAt.',
  })
  async sessionStatistics(
    @Arg('filter', () => SessionFilter, { nullable: true, description: 'Only sessions that match.' })
    filter: SessionFilter | null | undefined,
    @Arg('groupBy', () => SessionGrouping, { nullable: true, description: 'Without it: one group.' })
    groupBy: SessionGrouping | null | undefined,
    @Arg('timeZone', () => String, {
      defaultValue: 'UTC',
      description: 'An IANA name, such as Europe/Berlin.',
    })
    timeZone: string,
    @Ctx() { reader }: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<SessionGroup[]> {
    const selection = selectionOf(info);
    const groups = await sessionStatistics(
      reader,
      { filter, groupBy: groupingOf(groupBy), timeZone },
      {
        events: selection.has('eventCount'),
        durations: selection.has('duration'),
        percentiles: selection.below('duration').has(...percentileFields),
      },
    );
    return groups.map((group) => new SessionGroup(group));
  }
}
