import type { Monitored } from './monitored-database';
import type { ShapeVariables } from './query-shapes';

interface Found {
  readonly nodes: readonly {
    readonly sessionId: string;
    readonly metadata: { readonly userId: string };
    readonly startedAt: string;
  }[];
  readonly pageInfo: { readonly endCursor: string };
}

/** Things to ask about, found through the API itself: in the middle of the list, and in one long session. */
export async function findVariables(api: Monitored, sessionId: string): Promise<ShapeVariables> {
  const list = (rest: string) =>
    `{ sessions(first: 400${rest}) { nodes { sessionId metadata startedAt } pageInfo { endCursor } } }`;
  const sessions = (await api.run(list(''))).data.sessions as Found;
  const by = (field: string) => list(`, orderBy: { field: ${field} }`);
  const placeBy = async (field: string) =>
    ((await api.run(by(field))).data.sessions as Found).pageInfo.endCursor;
  const oldest = (await api.run(list(', orderBy: { direction: ASC }'))).data.sessions as Found;
  const conversation = `query ($id: ID!) { session(sessionId: $id) { id events(first: 200) {
    nodes { eventId timestamp } pageInfo { endCursor } } } }`;
  const session = (await api.run(conversation, { id: sessionId })).data.session as {
    id: string;
    events: { nodes: { eventId: string; timestamp: string }[]; pageInfo: { endCursor: string } };
  };
  const { nodes: events, pageInfo } = session.events;
  return {
    id: sessionId,
    eventId: events[100]!.eventId,
    nodeId: session.id,
    user: { userId: sessions.nodes[200]!.metadata.userId },
    place: sessions.pageInfo.endCursor,
    placeFromOldest: oldest.pageInfo.endCursor,
    placeByEnd: await placeBy('ENDED_AT'),
    placeByDuration: await placeBy('DURATION'),
    ids: sessions.nodes.slice(0, 200).map((node) => node.sessionId),
    eventPlace: pageInfo.endCursor,
    from: sessions.nodes[300]!.startedAt,
    to: sessions.nodes[100]!.startedAt,
    eventsFrom: events[50]!.timestamp,
    eventsTo: events[150]!.timestamp,
  };
}
