/** One way to ask for something, with what it may cost. */
export interface QueryShape {
  readonly name: string;
  readonly query: string;
  /**
   * `tight`: one walk of one index that meets hardly a key too much. `index`: a condition is decided in the index, on
   * keys that are passed over. `mixed`: several conditions at once, one index and a look at the rest. `count`: counts.
   */
  readonly walk: 'tight' | 'index' | 'mixed' | 'count';
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
  readonly eventPlace: string;
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
  eventPlace: 'String',
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
  return [...listShapes(), ...conversationShapes(), ...singleShapes()];
}

function listShapes(): QueryShape[] {
  const list = (name: string, parameters: string, walk: QueryShape['walk'] = 'tight'): QueryShape => ({
    name: `sessions: ${name}`,
    query: operation(
      `sessions(${parameters}) { nodes { ${sessionFields} } pageInfo { hasNextPage endCursor } }`,
    ),
    walk,
  });
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
