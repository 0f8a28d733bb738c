import { HttpConnection } from './http-connection';

/** An answer of the API in the words of a client: either the data or the first error's code and message. */
export type Answer<T> = { readonly data: T; readonly code: null } | Refusal;

export interface Refusal {
  readonly data: null;
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

export interface EventInput {
  sessionId: string;
  eventId: string;
  type: 'USER_SPEECH' | 'BOT_SPEECH' | 'SYSTEM';
  payload: Record<string, unknown>;
  timestamp?: string;
}

export interface StoredEvent {
  eventId: string;
  type: string;
  payload: Record<string, unknown>;
  timestamp: string;
  position: number;
}

export interface StoredSession {
  sessionId: string;
  status: 'INITIATED' | 'ACTIVE' | 'COMPLETED' | 'FAILED';
  language: string;
  metadata: Record<string, unknown>;
  eventCount: number;
  endedAt: string | null;
}

/** What became of one event: stored now, stored before, or refused. */
export type EventResult =
  | { __typename: 'AddEventPayload'; created: boolean; event: StoredEvent }
  | { __typename: 'EventRejection'; eventId: string; code: string };

const eventFields = 'eventId type payload timestamp position';
const sessionFields = 'sessionId status language metadata eventCount endedAt';

const documents = {
  createSession: `mutation ($input: CreateSessionInput!) { answer: createSession(input: $input) { created session { ${sessionFields} } } }`,
  addEvent: `mutation ($input: AddEventInput!) { answer: addEvent(input: $input) { created event { ${eventFields} } } }`,
  addEvents: `mutation ($input: AddEventsInput!) { answer: addEvents(input: $input) {
    createdCount duplicateCount rejectedCount
    results { __typename ... on AddEventPayload { created event { ${eventFields} } } ... on EventRejection { eventId code } } } }`,
  completeSession: `mutation ($input: CompleteSessionInput!) { answer: completeSession(input: $input) { completed session { ${sessionFields} } } }`,
  session: `query ($sessionId: ID!) { answer: session(sessionId: $sessionId) { ${sessionFields} } }`,
  event: `query ($sessionId: ID!, $eventId: ID!) { answer: event(sessionId: $sessionId, eventId: $eventId) { ${eventFields} } }`,
  page: `query ($sessionId: ID!, $first: Int, $after: String, $last: Int, $before: String) { answer: session(sessionId: $sessionId) {
    events(first: $first, after: $after, last: $last, before: $before) {
      totalCount nodes { ${eventFields} } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`,
};

export interface EventPage {
  totalCount: number;
  nodes: StoredEvent[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

/** A client with one connection of its own, opened again when it was lost. One request at a time. */
export class SessionClient {
  private connection: HttpConnection | null = null;

  constructor(public url: string) {}

  createSession(input: { sessionId: string; language: string; metadata?: Record<string, unknown> }) {
    return this.ask<{ created: boolean; session: StoredSession }>(documents.createSession, { input });
  }

  addEvent(input: EventInput) {
    return this.ask<{ created: boolean; event: StoredEvent }>(documents.addEvent, { input });
  }

  addEvents(events: EventInput[]) {
    return this.ask<{
      createdCount: number;
      duplicateCount: number;
      rejectedCount: number;
      results: EventResult[];
    }>(documents.addEvents, { input: { events } });
  }

  completeSession(sessionId: string, outcome: 'COMPLETED' | 'FAILED' = 'COMPLETED') {
    const variables = { input: { sessionId, outcome } };
    return this.ask<{ completed: boolean; session: StoredSession }>(documents.completeSession, variables);
  }

  session(sessionId: string) {
    return this.ask<StoredSession | null>(documents.session, { sessionId });
  }

  event(sessionId: string, eventId: string) {
    return this.ask<StoredEvent | null>(documents.event, { sessionId, eventId });
  }

  async page(
    sessionId: string,
    range: { first?: number; after?: string | null; last?: number; before?: string | null },
  ) {
    const answer = await this.ask<{ events: EventPage } | null>(documents.page, { sessionId, ...range });
    return required(answer).events;
  }

  /** The session's events in conversation order, read page by page. */
  async allEvents(sessionId: string, pageSize = 500): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    for (let after: string | null = null; ;) {
      const page: EventPage = await this.page(sessionId, { first: pageSize, after });
      events.push(...page.nodes);
      if (!page.pageInfo.hasNextPage) return events;
      after = page.pageInfo.endCursor;
    }
  }

  close(): void {
    this.connection?.close();
  }

  private async ask<T>(query: string, variables: object): Promise<Answer<T>> {
    if (!this.connection || this.connection.closed) this.connection = await HttpConnection.open(this.url);
    const { body } = await this.connection.post(JSON.stringify({ query, variables }));
    const { data, errors } = JSON.parse(body.toString()) as GraphQLBody<T>;
    const error = errors?.[0];
    if (!error) return { data: data!.answer, code: null };
    const { code, retryable } = error.extensions;
    return { data: null, code, message: error.message, retryable: retryable === true };
  }
}

interface GraphQLBody<T> {
  data?: { answer: T } | null;
  errors?: { message: string; extensions: { code: string; retryable?: boolean } }[];
}

/** The data of an answer that was not refused; throws what the server said where it was. */
export function required<T>(answer: Answer<T | null>): T {
  if (answer.code !== null) throw new Error(`${answer.code}: ${answer.message}`);
  if (answer.data === null) throw new Error('nothing found');
  return answer.data;
}
