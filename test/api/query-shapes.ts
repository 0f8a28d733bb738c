/** One way to ask for something, with what it may cost. */
export interface QueryShape {
  readonly name: string;
  readonly query: string;
  /**
   * `tight`: one walk of one index that meets hardly a key too much. `index`: a condition is decided in the index, on
   * keys that are passed over. `mixed`: several conditions at once, one index and a look at the rest. `count`: counts.
   * `few`: a bounded number of documents, which are sorted. `covered`: no document is read, however many match.
   */
  readonly walk: 'tight' | 'index' | 'mixed' | 'count' | 'few' | 'covered';
}

/** What the shapes ask about, by the names of their variables: things that exist in the data. */
export interface ShapeVariables {
  /** A session with some hundred events, one of them, and that session as a node. */
  readonly id: string;
  readonly eventId: string;
  readonly nodeId: string;
  /** A value of the metadata that few sessions have. */
  readonly user: { readonly userId: string };
  /** Places in the middle of the list, of the same from its other end, and of the session's events. */
  readonly place: string;
  readonly placeFromOldest: string;
  readonly placeByEnd: string;
  readonly placeByDuration: string;
  readonly eventPlace: string;
  readonly ids: readonly string[];
  /** Spans of time within the list, and within the session. */
  readonly from: string;
  readonly to: string;
  readonly eventsFrom: string;
  readonly eventsTo: string;
}

const variableTypes: Readonly<Record<keyof ShapeVariables, string>> = {
  id: 'ID!',
  eventId: 'ID!',
  nodeId: 'ID!',
  user: 'JSONObject',
  place: 'String',
  placeFromOldest: 'String',
  placeByEnd: 'String',
  placeByDuration: 'String',
  eventPlace: 'String',
  ids: '[ID!]',
  from: 'DateTime',
  to: 'DateTime',
  eventsFrom: 'DateTime',
  eventsTo: 'DateTime',
};

/** An operation with the variables that its selection mentions. */
function operation(selection: string): string {
  const declared = Object.entries(variableTypes)
    .filter(([name]) => new RegExp(`\\$${name}\\b`).test(selection))
    .map(([name, type]) => `$${name}: ${type}`);
  return `query ${declared.length > 0 ? `(${declared.join(', ')}) ` : ''}{ ${selection} }`;
}

const sessionFields = 'sessionId status language startedAt endedAt eventCount lastEventAt durationMs';
const eventFields = 'eventId type payload timestamp position';

/** Every shape of query that the README shows, in each order and with each filter. */
export function queryShapes(): QueryShape[] {
  return [
    ...listShapes(),
    ...endedShapes(),
    ...conversationShapes(),
    ...singleShapes(),
    ...statisticsShapes(),
  ];
}

function list(name: string, parameters: string, walk: QueryShape['walk'] = 'tight'): QueryShape {
  return {
    name: `sessions: ${name}`,
    query: operation(
      `sessions(${parameters}) { nodes { ${sessionFields} } pageInfo { hasNextPage endCursor } }`,
    ),
    walk,
  };
}

function endedShapes(): QueryShape[] {
  const byEnd = (direction: string) => `orderBy: { field: ENDED_AT, direction: ${direction} }`;
  const byDuration = (direction: string) => `orderBy: { field: DURATION, direction: ${direction} }`;
  return [
    list('that ended last', `first: 50, ${byEnd('DESC')}`),
    list('that ended first', `first: 50, ${byEnd('ASC')}`),
    list('that ended last, further down', `first: 50, after: $placeByEnd, ${byEnd('DESC')}`),
    list('that ended last, backwards', `last: 50, before: $placeByEnd, ${byEnd('DESC')}`),
    list(
      'that ended in a span of time',
      `first: 50, filter: { endedAt: { from: $from, to: $to } }, ${byEnd('ASC')}`,
    ),
    list('the longest', `first: 50, ${byDuration('DESC')}`),
    list('the longest, further down', `first: 50, after: $placeByDuration, ${byDuration('DESC')}`),
    list('the shortest, backwards', `last: 50, ${byDuration('ASC')}`),
    list('of some length', `first: 50, filter: { duration: { fromMs: 30000 } }, ${byDuration('ASC')}`),
    list('of one end reason', 'first: 50, filter: { endReasons: ["call-dropped"] }'),
    list('of two end reasons', 'first: 50, filter: { endReasons: ["call-dropped", "transferred"] }'),
    list('of some length, newest first', 'first: 50, filter: { duration: { fromMs: 1000 } }', 'index'),
    list(
      'that failed, the longest first',
      `first: 50, filter: { statuses: [FAILED] }, ${byDuration('DESC')}`,
      'mixed',
    ),
    list('that stand still', 'first: 50, filter: { statuses: [ACTIVE], lastEventAt: { to: $to } }', 'mixed'),
    list('of either channel', 'first: 50, filter: { metadata: { channel: ["app", "web"] } }'),
    list('by their ids', 'first: 50, filter: { sessionIds: $ids }', 'few'),
    list(
      'by their ids, the longest first',
      `first: 50, filter: { sessionIds: $ids }, ${byDuration('DESC')}`,
      'few',
    ),
    {
      name: 'sessions: how many have ended',
      query: operation(`sessions(first: 1, ${byEnd('DESC')}) { totalCount }`),
      walk: 'count',
    },
  ];
}

function statisticsShapes(): QueryShape[] {
  const statistics = (name: string, parameters: string, walk: QueryShape['walk'], more = ''): QueryShape => ({
    name: `statistics: ${name}`,
    query: operation(
      `sessionStatistics${parameters && `(${parameters})`} { sessionCount ${more} duration { averageMs p50Ms p95Ms } }`,
    ),
    walk,
  });
  return [
    statistics('of all sessions', '', 'covered'),
    statistics('by day and status', 'groupBy: { startedAt: DAY, status: true }', 'covered'),
    statistics(
      'by month in a time zone and language',
      'groupBy: { startedAt: MONTH, language: true }, timeZone: "Europe/Berlin"',
      'covered',
    ),
    statistics(
      'of one status in a span of time, by hour',
      'filter: { startedAt: { from: $from, to: $to }, statuses: [COMPLETED] }, groupBy: { startedAt: HOUR }',
      'covered',
    ),
    statistics('by end', 'filter: { endedAt: { from: $from }, duration: { fromMs: 1000 } }', 'covered'),
    statistics(
      'of one user',
      'filter: { metadata: $user }, groupBy: { status: true }',
      'mixed',
      'eventCount',
    ),
  ];
}

function listShapes(): QueryShape[] {
  const oldest = 'orderBy: { direction: ASC }';
  return [
    list('newest first', 'first: 50'),
    list('oldest first', `first: 50, ${oldest}`),
    list('newest first, further down', 'first: 50, after: $place'),
    list('oldest first, further down', `first: 50, after: $placeFromOldest, ${oldest}`),
    list('backwards', 'last: 50, before: $place'),
    list('one status', 'first: 50, filter: { statuses: [FAILED] }'),
    list('one status, oldest first', `first: 50, filter: { statuses: [FAILED] }, ${oldest}`),
    list('one status, further down', 'first: 50, after: $place, filter: { statuses: [COMPLETED] }'),
    list('two statuses', 'first: 50, filter: { statuses: [ACTIVE, FAILED] }'),
    list('one language', 'first: 50, filter: { languages: ["fr-CA"] }'),
    list('two languages, oldest first', `first: 50, filter: { languages: ["fr-CA", "de"] }, ${oldest}`),
    list('a span of time', 'first: 50, filter: { startedAt: { from: $from, to: $to } }'),
    list('of one user', 'first: 50, filter: { metadata: $user }'),
    list('of one user, oldest first', `first: 50, filter: { metadata: $user }, ${oldest}`),
    list(
      'of one user, one status and a span of time',
      'first: 50, filter: { metadata: $user, statuses: [COMPLETED], startedAt: { from: $from } }',
      'mixed',
    ),
    list(
      'two of the metadata',
      'first: 50, filter: { metadata: { channel: "app", returning: true } }',
      'mixed',
    ),
    list(
      'one status and language',
      'first: 50, filter: { statuses: [COMPLETED], languages: ["ja"] }',
      'mixed',
    ),
    {
      name: 'sessions: how many of one status',
      query: operation('sessions(first: 1, filter: { statuses: [FAILED] }) { totalCount }'),
      walk: 'count',
    },
  ];
}

function conversationShapes(): QueryShape[] {
  const page = (name: string, parameters: string, walk: QueryShape['walk'] = 'tight'): QueryShape => ({
    name: `events: ${name}`,
    query: operation(`session(sessionId: $id) { ${sessionFields} events(${parameters}) {
      nodes { ${eventFields} } pageInfo { hasNextPage endCursor } } }`),
    walk,
  });
  return [
    page('the first', 'first: 20'),
    page('further down', 'first: 20, after: $eventPlace'),
    page('the last', 'last: 20'),
    page('further up', 'last: 20, before: $eventPlace'),
    page('a span of time', 'first: 20, filter: { timestamp: { from: $eventsFrom, to: $eventsTo } }'),
    page('as they were stored', 'first: 20, orderBy: { field: POSITION }'),
    page('as they were stored, the latest first', 'first: 20, orderBy: { field: POSITION, direction: DESC }'),
    page(
      'stored after a position',
      'first: 20, orderBy: { field: POSITION }, filter: { afterPosition: 300 }',
    ),
    page('latest first', 'first: 20, orderBy: { direction: DESC }'),
    page('stored after a position, as they happened', 'first: 20, filter: { afterPosition: 300 }', 'index'),
    page('of one type', 'first: 20, filter: { types: [SYSTEM] }', 'index'),
    page('of two types, backwards', 'last: 20, filter: { types: [USER_SPEECH, BOT_SPEECH] }', 'index'),
    page('of one type, further down', 'first: 20, after: $eventPlace, filter: { types: [SYSTEM] }', 'index'),
    {
      name: 'events: how many',
      query: operation('session(sessionId: $id) { events { totalCount } }'),
      walk: 'tight',
    },
    {
      name: 'events: how many of one type',
      query: operation('session(sessionId: $id) { events(filter: { types: [SYSTEM] }) { totalCount } }'),
      walk: 'count',
    },
  ];
}

function singleShapes(): QueryShape[] {
  return [
    {
      name: 'a session without its events',
      query: operation(`session(sessionId: $id) { ${sessionFields} metadata }`),
      walk: 'tight',
    },
    {
      name: 'an event with its session',
      query: operation(`event(sessionId: $id, eventId: $eventId) { ${eventFields} session { status } }`),
      walk: 'tight',
    },
    {
      name: 'a node that is a session',
      query: operation('node(id: $nodeId) { id ... on Session { status } }'),
      walk: 'tight',
    },
    {
      name: '50 sessions, each with its first 10 events, their number and the last one',
      query: operation(`sessions(first: 50) { nodes { ${sessionFields}
        opening: events(first: 10) { totalCount nodes { ${eventFields} } }
        closing: events(last: 1) { nodes { ${eventFields} } } } }`),
      walk: 'tight',
    },
    {
      name: '500 events, each with its session',
      query: operation(
        'session(sessionId: $id) { events(first: 500) { nodes { eventId session { sessionId language } } } }',
      ),
      walk: 'tight',
    },
  ];
}
