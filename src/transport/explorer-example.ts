const session = 'sessionId: "call-2026-0001"';

/** What the explorer opens with: one call from its first word to its last, to be run operation by operation. */
export const workedExample = `# A worked example: one call, from its first word to its last.
# Run an operation with the green button above it, or with Ctrl+Enter inside it, from top to bottom.
# Everything is safe to send twice. Try it: "created" turns false, and nothing is stored again.

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

# One event. It gets the next position of its session.
mutation AddEvent {
  addEvent(input: {
    ${session}
    eventId: "event-1"
    type: BOT_SPEECH
    timestamp: "2026-01-01T09:00:01.200Z"
    payload: { text: "Good morning, this is Casa Verde. How can I help?" }
  }) {
    created
    event { eventId position receivedAt }
  }
}

# Many events at once. Each one succeeds or fails by itself; the first was stored already.
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

# Two events a page. For the next page, put the answer's endCursor in the place of null, in quotes.
query ReadEvents {
  session(${session}) {
    status
    eventCount
    events(first: 2, after: null) {
      nodes { position type timestamp payload }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }
}

# When this has answered, the session's events are final.
mutation CompleteSession {
  completeSession(input: { ${session}, endedAt: "2026-01-01T09:00:10Z" }) {
    completed
    session { status endedAt durationMs eventCount }
  }
}
`;
