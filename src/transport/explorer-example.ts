/** A tab of the explorer: one operation, ready to send. */
export interface ExampleTab {
  readonly name: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

const sessionId = 'call-2026-0001';
const session = `sessionId: "${sessionId}"`;

const create = `# One call, from its first word to its last: a tab for each step.
# Press "Send Request" (or Ctrl+Enter), then go to the next tab.
# Everything is safe to send twice: "created" turns false, and nothing is stored again.

mutation CreateSession {
  createSession(input: {
    ${session}
    language: "en"
    startedAt: "2026-01-01T09:00:00Z"
    metadata: { userId: "user-456", channel: "phone" }
  }) {
    created
    session { sessionId status language metadata startedAt }
  }
}
`;

const addOne = `# The event gets the next position of its session.

mutation AddEvent {
  addEvent(input: {
    ${session}
    eventId: "event-1"
    type: BOT_SPEECH
    timestamp: "2026-01-01T09:00:01.200Z"
    payload: { text: "Good morning, this is Casa Verde. How can I help?" }
  }) {
    created
    event { eventId position timestamp receivedAt }
  }
}
`;

const follow = `# The events of the call: first those stored before, then each new one as it comes.
# Send this, then send the next tab, and look here again. It ends by itself when the call is completed.

subscription FollowCall {
  eventAdded(${session}, afterPosition: 0) {
    position
    type
    timestamp
    payload
  }
}
`;

const addMany = `# Up to 1000 events, of one session or of many. Each one succeeds or fails by itself.
# The first one was stored in the second tab: here it is a duplicate.

mutation AddEvents {
  addEvents(input: { events: [
    { ${session}, eventId: "event-1", type: BOT_SPEECH, timestamp: "2026-01-01T09:00:01.200Z"
      payload: { text: "Good morning, this is Casa Verde. How can I help?" } }
    { ${session}, eventId: "event-2", type: USER_SPEECH, timestamp: "2026-01-01T09:00:04.900Z"
      payload: { text: "A table for two tonight, please.", confidence: 0.97 } }
    { ${session}, eventId: "event-3", type: SYSTEM, timestamp: "2026-01-01T09:00:05.300Z"
      payload: { tool: "find_table", arguments: { guests: 2, day: "tonight" } } }
    { ${session}, eventId: "event-4", type: BOT_SPEECH, timestamp: "2026-01-01T09:00:06.100Z"
      payload: { text: "Eight o'clock, by the window?" } }
    { ${session}, eventId: "event-5", type: USER_SPEECH, timestamp: "2026-01-01T09:00:08.400Z"
      payload: { text: "Perfect, thank you.", confidence: 0.99 } }
  ] }) {
    createdCount
    duplicateCount
    rejectedCount
    results {
      ... on AddEventPayload { created event { eventId position } }
      ... on EventRejection { eventId code message }
    }
  }
}
`;

const read = `# Two events a page. For the next page, put the answer's endCursor, in quotes, in place of the null
# under VARIABLES, at the bottom.

query ReadEvents($sessionId: ID!, $after: String) {
  session(sessionId: $sessionId) {
    status
    eventCount
    events(first: 2, after: $after) {
      nodes { position type timestamp payload }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }
}
`;

const complete = `# When this has answered, the session's events are final.

mutation CompleteSession {
  completeSession(input: { ${session}, endedAt: "2026-01-01T09:00:10Z" }) {
    completed
    session { status endedAt durationMs eventCount }
  }
}
`;

/** The explorer's initial tabs: the operations of one call, to send from left to right. */
export const exampleTabs: readonly ExampleTab[] = [
  { name: '1 Create a session', query: create },
  { name: '2 Add an event', query: addOne },
  { name: '3 Follow it live', query: follow },
  { name: '4 Add many', query: addMany },
  { name: '5 Read', query: read, variables: { sessionId, after: null } },
  { name: '6 Complete', query: complete },
];
