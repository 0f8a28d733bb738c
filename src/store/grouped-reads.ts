import type { mongo } from 'mongoose';
import type { EventRow } from './event.model';
import type { Projection } from './projection';
import type { CommandRunner } from './command-runner';
import type { SessionRow } from './session.model';
import type { Store } from './store';

/** The same page of each of many sessions. */
export interface GroupedRequest {
  /** Without the session. */
  readonly condition: mongo.Filter<mongo.Document>;
  readonly sort: Record<string, 1 | -1>;
  /** A hint, so that the planner never picks an index that needs to sort a long session. */
  readonly hint: mongo.Document;
  readonly projection: Projection;
  readonly limit: number;
}

/** Well below the limit of 1000 stages in a pipeline. */
const maxSessionsPerCommand = 100;
/** What is read in one command is processed in one piece: so many rows take some 50 ms. */
const maxRowsPerCommand = 5000;

/** For how many sessions one command reads such a page. */
export function sessionsPerCommand({ limit }: GroupedRequest): number {
  return Math.min(maxSessionsPerCommand, Math.max(1, Math.floor(maxRowsPerCommand / limit)));
}

/**
 * The rows of each session, in the order of `sessionIds`; one command if the server supports it.
 * @param sessionIds at most {@link sessionsPerCommand}
 */
export async function groupedPages(
  { events, hasUnions }: Store,
  sessionIds: readonly string[],
  request: GroupedRequest,
  runner: CommandRunner,
): Promise<EventRow[][]> {
  if (sessionIds.length === 1 || !hasUnions) {
    return Promise.all(sessionIds.map((sessionId) => onePage(events, sessionId, request, runner)));
  }
  const groups = new Map<string, EventRow[]>(sessionIds.map((sessionId) => [sessionId, []]));
  const rows = await manyPages(events, sessionIds, request, runner);
  for (const row of rows) groups.get(row.sessionId)!.push(row);
  return [...groups.values()];
}

function onePage(
  events: mongo.Collection<EventRow>,
  sessionId: string,
  { condition, ...request }: GroupedRequest,
  runner: CommandRunner,
): Promise<EventRow[]> {
  const filter = { sessionId, ...condition };
  return runner.find(events.collectionName, { filter, ...request });
}

/** One index range for each session, in one command. */
function manyPages(
  events: mongo.Collection<EventRow>,
  sessionIds: readonly string[],
  request: GroupedRequest,
  runner: CommandRunner,
): Promise<EventRow[]> {
  const [first, ...others] = sessionIds;
  const unions = others.map((sessionId) => ({
    $unionWith: { coll: events.collectionName, pipeline: walk(sessionId, request) },
  }));
  const pipeline = [...walk(first!, request), ...unions];
  return runner.aggregate(events.collectionName, pipeline, request.limit * sessionIds.length);
}

/**
 * A page of a session's events and the session's document, or null, in one command. For servers with $unionWith and
 * without shards.
 */
export async function pageWithSession(
  { events, sessions }: Store,
  sessionId: string,
  request: GroupedRequest,
  sessionProjection: Projection,
  runner: CommandRunner,
): Promise<{ session: SessionRow | null; rows: EventRow[] }> {
  const own = [{ $match: { sessionId } }, { $project: sessionProjection }];
  const pipeline = [
    ...walk(sessionId, request),
    { $unionWith: { coll: sessions.collectionName, pipeline: own } },
  ];
  const { limit, hint } = request;
  const rows = await runner.aggregate<EventRow>(events.collectionName, pipeline, limit + 1, hint);
  // Events always have a position here, and sessions never do.
  const last = rows.at(-1);
  if (last === undefined || 'position' in last) return { session: null, rows };
  return { session: last as unknown as SessionRow, rows: rows.slice(0, -1) };
}

function walk(sessionId: string, { condition, sort, projection, limit }: GroupedRequest): mongo.Document[] {
  return [
    { $match: { sessionId, ...condition } },
    { $sort: sort },
    { $limit: limit },
    { $project: projection },
  ];
}

/** The number of matching events of each session, in the order of `sessionIds`, in one command. */
export async function groupedCounts(
  { events }: Store,
  sessionIds: readonly string[],
  condition: mongo.Filter<mongo.Document>,
  runner: CommandRunner,
): Promise<number[]> {
  const [only, ...others] = sessionIds;
  if (others.length === 0) {
    return [await events.countDocuments({ sessionId: only!, ...condition }, runner.commandOptions)];
  }
  const stages = [
    { $match: { sessionId: { $in: [...sessionIds] }, ...condition } },
    { $group: { _id: '$sessionId', count: { $sum: 1 } } },
  ];
  const rows = await runner.aggregate<{ _id: string; count: number }>(
    events.collectionName,
    stages,
    sessionIds.length,
  );
  const counts = new Map(rows.map(({ _id, count }) => [_id, count]));
  return sessionIds.map((sessionId) => counts.get(sessionId) ?? 0);
}
