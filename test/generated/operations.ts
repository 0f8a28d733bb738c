import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An instant: RFC 3339 in, RFC 3339 in UTC with milliseconds out (2026-01-01T00:00:00.000Z). */
  DateTime: { input: string; output: string; }
  /** A JSON object. Empty objects, nested nulls and key order survive a round trip. */
  JSONObject: { input: Record<string, unknown>; output: Record<string, unknown>; }
};

/** An event to store. */
export type AddEventInput = {
  /** Your own id, unique within the session. 1 to 128 characters without white space or control characters. */
  eventId: Scalars['ID']['input'];
  /** The content of the event, as a JSON object. At most 256 KiB as JSON, at most 32 levels deep. */
  payload: Scalars['JSONObject']['input'];
  /** The session of the event. 1 to 128 characters without white space or control characters. */
  sessionId: Scalars['ID']['input'];
  /** When it happened. Default: when it is stored, by the server's clock. */
  timestamp?: InputMaybe<Scalars['DateTime']['input']>;
  /** The source of the event. */
  type: EventType;
};

/** A stored event. */
export type AddEventPayload = {
  __typename?: 'AddEventPayload';
  /** False where this event was stored already: the stored one is returned. */
  created: Scalars['Boolean']['output'];
  /** The stored event. */
  event: Event;
};

/** What became of one event of a batch. */
export type AddEventResult = AddEventPayload | EventRejection;

/** A batch of events to store. */
export type AddEventsInput = {
  /** 1 to 1000, of one session or of many. */
  events: Array<AddEventInput>;
};

/** The results of a batch of events. */
export type AddEventsPayload = {
  __typename?: 'AddEventsPayload';
  /** Number of events stored by this request. */
  createdCount: Scalars['Int']['output'];
  /** Number of events that were already stored. */
  duplicateCount: Scalars['Int']['output'];
  /** Number of events that were not stored. */
  rejectedCount: Scalars['Int']['output'];
  /** One for each event sent, in the same order. */
  results: Array<AddEventResult>;
};

/** A span of the calendar of the time zone; weeks begin on Monday. */
export type CalendarUnit =
  /** From midnight to midnight: 23 or 25 hours when clocks change. */
  | 'DAY'
  /** One hour. When clocks go back, the repeated hour is separate. */
  | 'HOUR'
  /** A calendar month. */
  | 'MONTH'
  /** From Monday to Monday. */
  | 'WEEK';

/** The end of a session. */
export type CompleteSessionInput = {
  /** 1 to 128 characters. */
  endReason?: InputMaybe<Scalars['String']['input']>;
  /** When it ended, not before it started. Default: now, by the server's clock. */
  endedAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** How it ended. */
  outcome?: SessionOutcome;
  /** The session to end. */
  sessionId: Scalars['ID']['input'];
  /** Sets these top-level keys of the metadata, in the same step. The result may have at most 16 KiB as JSON and 32 levels. */
  setMetadata?: InputMaybe<Scalars['JSONObject']['input']>;
};

/** The result of completeSession. */
export type CompleteSessionPayload = {
  __typename?: 'CompleteSessionPayload';
  /** False where the session had ended already: it is returned as it stands. */
  completed: Scalars['Boolean']['output'];
  /** The stored session. */
  session: Session;
};

/** A session to create. */
export type CreateSessionInput = {
  /** A well-formed BCP 47 tag of at most 128 characters, such as en or pt-BR. */
  language: Scalars['String']['input'];
  /** Data about the call, as a JSON object. At most 16 KiB as JSON, at most 32 levels deep. */
  metadata?: InputMaybe<Scalars['JSONObject']['input']>;
  /** Your own id, unique over all sessions. 1 to 128 characters without white space or control characters. */
  sessionId: Scalars['ID']['input'];
  /** When it began. Default: now, by the server's clock. */
  startedAt?: InputMaybe<Scalars['DateTime']['input']>;
};

/** The result of createSession. */
export type CreateSessionPayload = {
  __typename?: 'CreateSessionPayload';
  /** False where the session existed already: it is returned as it stands. */
  created: Scalars['Boolean']['output'];
  /** The stored session. */
  session: Session;
};

/** Both ends are optional; from is included, to is not. */
export type DateTimeRange = {
  /** At or after this instant. */
  from?: InputMaybe<Scalars['DateTime']['input']>;
  /** Before this instant. */
  to?: InputMaybe<Scalars['DateTime']['input']>;
};

/** Both ends are optional; from is included, to is not. */
export type DurationRange = {
  /** At least this long, in milliseconds. */
  fromMs?: InputMaybe<Scalars['Float']['input']>;
  /** Shorter than this, in milliseconds. */
  toMs?: InputMaybe<Scalars['Float']['input']>;
};

/** All in milliseconds. The percentiles are right within 2 percent. p90Ms is the duration that 90 of 100 sessions do not exceed. */
export type DurationStatistics = {
  __typename?: 'DurationStatistics';
  /** The mean. */
  averageMs: Scalars['Float']['output'];
  /** The longest. */
  maxMs: Scalars['Float']['output'];
  /** The shortest. */
  minMs: Scalars['Float']['output'];
  /** The median. */
  p50Ms: Scalars['Float']['output'];
  /** The 90th percentile. */
  p90Ms: Scalars['Float']['output'];
  /** The 95th percentile. */
  p95Ms: Scalars['Float']['output'];
  /** The 99th percentile. */
  p99Ms: Scalars['Float']['output'];
  /** Number of sessions that have ended. */
  sessionCount: Scalars['Int']['output'];
  /** The sum. */
  sumMs: Scalars['Float']['output'];
};

/** Something that was said or done in a call. Final: an event never changes once it is stored. */
export type Event = Node & {
  __typename?: 'Event';
  /** The caller's own id, unique within its session. */
  eventId: Scalars['ID']['output'];
  /** The global id, for node and nodes. */
  id: Scalars['ID']['output'];
  /** The content of the event: a JSON object of at most 256 KiB and 32 levels. */
  payload: Scalars['JSONObject']['output'];
  /** 1, 2, 3, … in the order in which the session's events were stored. No gaps, never reused. */
  position: Scalars['Int']['output'];
  /** When it was stored, by the server's clock. */
  receivedAt: Scalars['DateTime']['output'];
  /** The session of the event. */
  session: Session;
  /** The id of its session. */
  sessionId: Scalars['ID']['output'];
  /** When it happened, by the caller's clock (the server's, where the caller sent none). */
  timestamp: Scalars['DateTime']['output'];
  /** The source of the event. */
  type: EventType;
};

/** A page of a session's events. */
export type EventConnection = {
  __typename?: 'EventConnection';
  /** The events of the page with their cursors. */
  edges: Array<EventEdge>;
  /** The events of the page. */
  nodes: Array<Event>;
  /** Cursors, and whether there are more pages. */
  pageInfo: PageInfo;
  /** All events that match the filter. Counted only when asked for. */
  totalCount: Scalars['Int']['output'];
};

/** An event with its cursor. */
export type EventEdge = {
  __typename?: 'EventEdge';
  /** Its place in the list, for after and before. */
  cursor: Scalars['String']['output'];
  /** The event. */
  node: Event;
};

/** Selects events that meet all given conditions. */
export type EventFilter = {
  /** Only events stored after this position: what a reader that has come so far has not seen. 0 or more. */
  afterPosition?: InputMaybe<Scalars['Int']['input']>;
  /** When they happened. */
  timestamp?: InputMaybe<DateTimeRange>;
  /** One of these types; an empty list matches nothing. */
  types?: InputMaybe<Array<EventType>>;
};

/** The order of the events of a session. */
export type EventOrder = {
  /** Ascending or descending. */
  direction?: OrderDirection;
  /** The field to order by. */
  field?: EventOrderField;
};

/** Fields to order events by. */
export type EventOrderField =
  /** The order in which they were stored: new events come last. */
  | 'POSITION'
  /** Conversation order: when they happened, then by position. */
  | 'TIMESTAMP';

/** One event of a batch that was not stored. */
export type EventRejection = {
  __typename?: 'EventRejection';
  /** The reason, as a code. */
  code: EventRejectionCode;
  /** The eventId that was sent. */
  eventId: Scalars['ID']['output'];
  /** The reason, as text. */
  message: Scalars['String']['output'];
  /** The sessionId that was sent. */
  sessionId: Scalars['ID']['output'];
};

/** Why one event of a batch was not stored. */
export type EventRejectionCode =
  /** The event is invalid; the message states the rule. */
  | 'BAD_USER_INPUT'
  /** The session has an event with this id and different content. */
  | 'EVENT_CONFLICT'
  /** The session has ended, and does not have this event. */
  | 'SESSION_COMPLETED'
  /** There is no session with this id. */
  | 'SESSION_NOT_FOUND';

/** The source of an event. */
export type EventType =
  /** The voice assistant said something. */
  | 'BOT_SPEECH'
  /** Anything else that happened in the call: a transfer, a silence, an error. */
  | 'SYSTEM'
  /** The caller, or the person called, said something. */
  | 'USER_SPEECH';

/** Writes. Each is safe to retry, at any time. */
export type Mutation = {
  __typename?: 'Mutation';
  /** Stores one event once. Safe to retry, also after the session has ended. */
  addEvent: AddEventPayload;
  /** Stores many events. Each one succeeds or fails by itself. */
  addEvents: AddEventsPayload;
  /** Ends the session. When this has returned, the session's events are final. Safe to retry. */
  completeSession: CompleteSessionPayload;
  /** Creates the session, or returns the one that exists. Safe to retry. */
  createSession: CreateSessionPayload;
  /** Changes what is said about a session, before and after its end; its events stay as they are. Safe to retry. */
  updateSession: UpdateSessionPayload;
};


/** Writes. Each is safe to retry, at any time. */
export type MutationAddEventArgs = {
  input: AddEventInput;
};


/** Writes. Each is safe to retry, at any time. */
export type MutationAddEventsArgs = {
  input: AddEventsInput;
};


/** Writes. Each is safe to retry, at any time. */
export type MutationCompleteSessionArgs = {
  input: CompleteSessionInput;
};


/** Writes. Each is safe to retry, at any time. */
export type MutationCreateSessionArgs = {
  input: CreateSessionInput;
};


/** Writes. Each is safe to retry, at any time. */
export type MutationUpdateSessionArgs = {
  input: UpdateSessionInput;
};

/** Anything that can be fetched again by its global id. */
export type Node = {
  /** The global id. It never changes. */
  id: Scalars['ID']['output'];
};

/** Ascending or descending. */
export type OrderDirection =
  /** The smallest or earliest first. */
  | 'ASC'
  /** The largest or latest first. */
  | 'DESC';

/** Whether there are more pages, and the cursors to get them. */
export type PageInfo = {
  __typename?: 'PageInfo';
  /** The last row's cursor; null for an empty page. */
  endCursor?: Maybe<Scalars['String']['output']>;
  /** Whether more rows follow the page. Exact with first; with last, whether before was given. */
  hasNextPage: Scalars['Boolean']['output'];
  /** Whether more rows precede the page. Exact with last; with first, whether after was given. */
  hasPreviousPage: Scalars['Boolean']['output'];
  /** The first row's cursor; null for an empty page. */
  startCursor?: Maybe<Scalars['String']['output']>;
};

/** Reads. Lists are paged by cursors, in both directions. */
export type Query = {
  __typename?: 'Query';
  /** Null where there is no such event. */
  event?: Maybe<Event>;
  /** Null for an unknown id. */
  node?: Maybe<Node>;
  /** In the order of the ids, at most 500; null for each that names nothing. */
  nodes: Array<Maybe<Node>>;
  /** Null where there is no such session. */
  session?: Maybe<Session>;
  /** How many sessions there are and how long they took, a group for each combination of what groupBy names, by time and then by size. Without groupBy: one group. At most 1000 groups: more are refused as QUERY_TOO_COMPLEX. It is fast with startedAt, status and language only, and without eventCount; otherwise filter by a range of startedAt. */
  sessionStatistics: Array<SessionGroup>;
  /** The list of sessions. Without first and last: the first 50. */
  sessions: SessionConnection;
};


/** Reads. Lists are paged by cursors, in both directions. */
export type QueryEventArgs = {
  eventId: Scalars['ID']['input'];
  sessionId: Scalars['ID']['input'];
};


/** Reads. Lists are paged by cursors, in both directions. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


/** Reads. Lists are paged by cursors, in both directions. */
export type QueryNodesArgs = {
  ids: Array<Scalars['ID']['input']>;
};


/** Reads. Lists are paged by cursors, in both directions. */
export type QuerySessionArgs = {
  sessionId: Scalars['ID']['input'];
};


/** Reads. Lists are paged by cursors, in both directions. */
export type QuerySessionStatisticsArgs = {
  filter?: InputMaybe<SessionFilter>;
  groupBy?: InputMaybe<SessionGrouping>;
  timeZone?: Scalars['String']['input'];
};


/** Reads. Lists are paged by cursors, in both directions. */
export type QuerySessionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<SessionFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<SessionOrder>;
};

/** One call: its start and end, metadata and events. */
export type Session = Node & {
  __typename?: 'Session';
  /** Milliseconds from startedAt to endedAt; null while the session is open. */
  durationMs?: Maybe<Scalars['Float']['output']>;
  /** Why it ended, in the caller's words (customer-hung-up); null while it is open, or where none was given. */
  endReason?: Maybe<Scalars['String']['output']>;
  /** When the call ended; null while it is open. */
  endedAt?: Maybe<Scalars['DateTime']['output']>;
  /** How many events are stored. Exact at all times, and costs no count. */
  eventCount: Scalars['Int']['output'];
  /** The events in conversation order (timestamp, then position) or in stored order. Without first and last: the first 50. */
  events: EventConnection;
  /** The global id, for node and nodes. */
  id: Scalars['ID']['output'];
  /** BCP 47 tag, canonical form (en, pt-BR). */
  language: Scalars['String']['output'];
  /** The latest timestamp of its events; null if it has none. */
  lastEventAt?: Maybe<Scalars['DateTime']['output']>;
  /** Data about the call: a JSON object of at most 16 KiB and 32 levels. Sessions can be filtered by its top-level strings, numbers, booleans and nulls. */
  metadata: Scalars['JSONObject']['output'];
  /** The caller's own id, unique over all sessions. */
  sessionId: Scalars['ID']['output'];
  /** When the call began, by the caller's clock (the server's, if the caller sent none). */
  startedAt: Scalars['DateTime']['output'];
  /** The state of the call. */
  status: SessionStatus;
};


/** One call: its start and end, metadata and events. */
export type SessionEventsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<EventFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<EventOrder>;
};

/** A page of sessions. */
export type SessionConnection = {
  __typename?: 'SessionConnection';
  /** The sessions of the page with their cursors. */
  edges: Array<SessionEdge>;
  /** The sessions of the page. */
  nodes: Array<Session>;
  /** Cursors, and whether there are more pages. */
  pageInfo: PageInfo;
  /** All sessions that match the filter. Counted only when asked for. */
  totalCount: Scalars['Int']['output'];
};

/** A session with its cursor. */
export type SessionEdge = {
  __typename?: 'SessionEdge';
  /** Its place in the list, for after and before. */
  cursor: Scalars['String']['output'];
  /** The session. */
  node: Session;
};

/** Selects sessions that meet all given conditions. */
export type SessionFilter = {
  /** Only sessions that have ended. */
  duration?: InputMaybe<DurationRange>;
  /** Ended for one of these reasons, at most 100. */
  endReasons?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Only sessions that have ended. */
  endedAt?: InputMaybe<DateTimeRange>;
  /** In one of these languages, at most 100: BCP 47 tags, in any spelling. */
  languages?: InputMaybe<Array<Scalars['String']['input']>>;
  /** When the last event happened; finds calls that stand still. It has no index: combine it with a condition that few sessions meet. */
  lastEventAt?: InputMaybe<DateTimeRange>;
  /** Every given top-level key has this value (a string, number, boolean or null) in the session's metadata: {"userId": "user-456"}. A list means one of its values: {"channel": ["phone", "web"]}. At most 20 keys, with at most 100 values each. */
  metadata?: InputMaybe<Scalars['JSONObject']['input']>;
  /** At most 500. */
  sessionIds?: InputMaybe<Array<Scalars['ID']['input']>>;
  /** When they started. */
  startedAt?: InputMaybe<DateTimeRange>;
  /** One of these statuses; an empty list matches nothing. */
  statuses?: InputMaybe<Array<SessionStatus>>;
};

/** Fields that groupBy does not name are null. */
export type SessionGroup = {
  __typename?: 'SessionGroup';
  /** Of those that have ended; null where none has. */
  duration?: Maybe<DurationStatistics>;
  /** Why they ended; null also if none was given. */
  endReason?: Maybe<Scalars['String']['output']>;
  /** A whole number. */
  eventCount: Scalars['Float']['output'];
  /** The language of the sessions. */
  language?: Maybe<Scalars['String']['output']>;
  /** The key with its value, as a filter takes it: {"channel": "phone"}; {} where the sessions do not have it. */
  metadata?: Maybe<Scalars['JSONObject']['output']>;
  /** Number of sessions in the group. */
  sessionCount: Scalars['Int']['output'];
  /** When the hour, day, week or month begins. */
  startedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The status of the sessions. */
  status?: Maybe<SessionStatus>;
};

/** The fields to group sessions by. */
export type SessionGrouping = {
  /** By end reason. */
  endReason?: Scalars['Boolean']['input'];
  /** By language. */
  language?: Scalars['Boolean']['input'];
  /** By the value of this top-level key of the metadata. */
  metadataKey?: InputMaybe<Scalars['String']['input']>;
  /** By when they started. */
  startedAt?: InputMaybe<CalendarUnit>;
  /** By status. */
  status?: Scalars['Boolean']['input'];
};

/** The order of sessions. */
export type SessionOrder = {
  /** Ascending or descending. */
  direction?: OrderDirection;
  /** The field to order by. */
  field?: SessionOrderField;
};

/** Fields to order sessions by. */
export type SessionOrderField =
  /** Lists only sessions that have ended. */
  | 'DURATION'
  /** Lists only sessions that have ended. */
  | 'ENDED_AT'
  /** When they started. */
  | 'STARTED_AT';

/** How a call can end. */
export type SessionOutcome =
  /** Normally. */
  | 'COMPLETED'
  /** With a failure. */
  | 'FAILED';

/** The state of a call. */
export type SessionStatus =
  /** At least one event. */
  | 'ACTIVE'
  /** Ended normally. Final: nothing is added afterwards. */
  | 'COMPLETED'
  /** Ended by a failure. Final: nothing is added afterwards. */
  | 'FAILED'
  /** Created, no event yet. */
  | 'INITIATED';

/** Live updates. */
export type Subscription = {
  __typename?: 'Subscription';
  /** The session's events in the order in which they were stored: first those after the given position, then each new one as it comes, exactly once and without a gap. Ends by itself when the session has ended and all is delivered. */
  eventAdded: Event;
  /** The session each time anything of it has changed (status, endedAt, eventCount, lastEventAt, metadata, language); the present state first. */
  sessionChanged: Session;
};


/** Live updates. */
export type SubscriptionEventAddedArgs = {
  afterPosition?: InputMaybe<Scalars['Int']['input']>;
  sessionId: Scalars['ID']['input'];
};


/** Live updates. */
export type SubscriptionSessionChangedArgs = {
  sessionId: Scalars['ID']['input'];
};

/** Changes to the metadata and language of a session. */
export type UpdateSessionInput = {
  /** A well-formed BCP 47 tag of at most 128 characters, such as en or pt-BR. */
  language?: InputMaybe<Scalars['String']['input']>;
  /** The session to update. */
  sessionId: Scalars['ID']['input'];
  /** Sets these top-level keys of the metadata; what they held is replaced. The result may have at most 16 KiB as JSON and 32 levels. */
  setMetadata?: InputMaybe<Scalars['JSONObject']['input']>;
  /** Removes these top-level keys of the metadata. At most 1000, none of them in setMetadata. */
  unsetMetadata?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** The result of updateSession. */
export type UpdateSessionPayload = {
  __typename?: 'UpdateSessionPayload';
  /** The stored session. */
  session: Session;
  /** False where the session said all of it already. */
  updated: Scalars['Boolean']['output'];
};

export type SessionFieldsFragment = { __typename?: 'Session', id: string, sessionId: string, status: SessionStatus, language: string, metadata: Record<string, unknown>, startedAt: string, endedAt?: string | null, durationMs?: number | null, endReason?: string | null, eventCount: number, lastEventAt?: string | null };

export type EventFieldsFragment = { __typename?: 'Event', id: string, sessionId: string, eventId: string, type: EventType, payload: Record<string, unknown>, timestamp: string, receivedAt: string, position: number };

export type PageFieldsFragment = { __typename?: 'PageInfo', hasNextPage: boolean, hasPreviousPage: boolean, startCursor?: string | null, endCursor?: string | null };

export type CreateSessionMutationVariables = Exact<{
  input: CreateSessionInput;
}>;


export type CreateSessionMutation = { __typename?: 'Mutation', createSession: { __typename?: 'CreateSessionPayload', created: boolean, session: { __typename?: 'Session', id: string, sessionId: string, status: SessionStatus, language: string, metadata: Record<string, unknown>, startedAt: string, endedAt?: string | null, durationMs?: number | null, endReason?: string | null, eventCount: number, lastEventAt?: string | null } } };

export type AddEventMutationVariables = Exact<{
  input: AddEventInput;
}>;


export type AddEventMutation = { __typename?: 'Mutation', addEvent: { __typename?: 'AddEventPayload', created: boolean, event: { __typename?: 'Event', id: string, sessionId: string, eventId: string, type: EventType, payload: Record<string, unknown>, timestamp: string, receivedAt: string, position: number } } };

export type AddEventsMutationVariables = Exact<{
  input: AddEventsInput;
}>;


export type AddEventsMutation = { __typename?: 'Mutation', addEvents: { __typename?: 'AddEventsPayload', createdCount: number, duplicateCount: number, rejectedCount: number, results: Array<
      | { __typename: 'AddEventPayload', created: boolean, event: { __typename?: 'Event', id: string, sessionId: string, eventId: string, type: EventType, payload: Record<string, unknown>, timestamp: string, receivedAt: string, position: number } }
      | { __typename: 'EventRejection', sessionId: string, eventId: string, code: EventRejectionCode, message: string }
    > } };

export type CompleteSessionMutationVariables = Exact<{
  input: CompleteSessionInput;
}>;


export type CompleteSessionMutation = { __typename?: 'Mutation', completeSession: { __typename?: 'CompleteSessionPayload', completed: boolean, session: { __typename?: 'Session', id: string, sessionId: string, status: SessionStatus, language: string, metadata: Record<string, unknown>, startedAt: string, endedAt?: string | null, durationMs?: number | null, endReason?: string | null, eventCount: number, lastEventAt?: string | null } } };

export type UpdateSessionMutationVariables = Exact<{
  input: UpdateSessionInput;
}>;


export type UpdateSessionMutation = { __typename?: 'Mutation', updateSession: { __typename?: 'UpdateSessionPayload', updated: boolean, session: { __typename?: 'Session', id: string, sessionId: string, status: SessionStatus, language: string, metadata: Record<string, unknown>, startedAt: string, endedAt?: string | null, durationMs?: number | null, endReason?: string | null, eventCount: number, lastEventAt?: string | null } } };

export type GetSessionQueryVariables = Exact<{
  sessionId: Scalars['ID']['input'];
}>;


export type GetSessionQuery = { __typename?: 'Query', session?: { __typename?: 'Session', id: string, sessionId: string, status: SessionStatus, language: string, metadata: Record<string, unknown>, startedAt: string, endedAt?: string | null, durationMs?: number | null, endReason?: string | null, eventCount: number, lastEventAt?: string | null } | null };

export type GetEventsQueryVariables = Exact<{
  sessionId: Scalars['ID']['input'];
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<EventFilter>;
  orderBy?: InputMaybe<EventOrder>;
}>;


export type GetEventsQuery = { __typename?: 'Query', session?: { __typename?: 'Session', events: { __typename?: 'EventConnection', totalCount: number, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, hasPreviousPage: boolean, startCursor?: string | null, endCursor?: string | null }, edges: Array<{ __typename?: 'EventEdge', cursor: string, node: { __typename?: 'Event', id: string, sessionId: string, eventId: string, type: EventType, payload: Record<string, unknown>, timestamp: string, receivedAt: string, position: number } }> } } | null };

export type GetSessionsQueryVariables = Exact<{
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<SessionFilter>;
  orderBy?: InputMaybe<SessionOrder>;
}>;


export type GetSessionsQuery = { __typename?: 'Query', sessions: { __typename?: 'SessionConnection', totalCount: number, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, hasPreviousPage: boolean, startCursor?: string | null, endCursor?: string | null }, edges: Array<{ __typename?: 'SessionEdge', cursor: string, node: { __typename?: 'Session', id: string, sessionId: string, status: SessionStatus, language: string, metadata: Record<string, unknown>, startedAt: string, endedAt?: string | null, durationMs?: number | null, endReason?: string | null, eventCount: number, lastEventAt?: string | null } }> } };

export type GetEventQueryVariables = Exact<{
  sessionId: Scalars['ID']['input'];
  eventId: Scalars['ID']['input'];
}>;


export type GetEventQuery = { __typename?: 'Query', event?: { __typename?: 'Event', id: string, sessionId: string, eventId: string, type: EventType, payload: Record<string, unknown>, timestamp: string, receivedAt: string, position: number, session: { __typename?: 'Session', id: string, sessionId: string, status: SessionStatus, language: string, metadata: Record<string, unknown>, startedAt: string, endedAt?: string | null, durationMs?: number | null, endReason?: string | null, eventCount: number, lastEventAt?: string | null } } | null };

export type GetNodeQueryVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type GetNodeQuery = { __typename?: 'Query', node?:
    | { __typename: 'Event', id: string, sessionId: string, eventId: string, type: EventType, payload: Record<string, unknown>, timestamp: string, receivedAt: string, position: number }
    | { __typename: 'Session', id: string, sessionId: string, status: SessionStatus, language: string, metadata: Record<string, unknown>, startedAt: string, endedAt?: string | null, durationMs?: number | null, endReason?: string | null, eventCount: number, lastEventAt?: string | null }
   | null };

export type GetNodesQueryVariables = Exact<{
  ids: Array<Scalars['ID']['input']> | Scalars['ID']['input'];
}>;


export type GetNodesQuery = { __typename?: 'Query', nodes: Array<
    | { __typename: 'Event', id: string, sessionId: string, eventId: string, type: EventType, payload: Record<string, unknown>, timestamp: string, receivedAt: string, position: number }
    | { __typename: 'Session', id: string, sessionId: string, status: SessionStatus, language: string, metadata: Record<string, unknown>, startedAt: string, endedAt?: string | null, durationMs?: number | null, endReason?: string | null, eventCount: number, lastEventAt?: string | null }
   | null> };

export type GetStatisticsQueryVariables = Exact<{
  filter?: InputMaybe<SessionFilter>;
  groupBy?: InputMaybe<SessionGrouping>;
  timeZone?: Scalars['String']['input'];
}>;


export type GetStatisticsQuery = { __typename?: 'Query', sessionStatistics: Array<{ __typename?: 'SessionGroup', startedAt?: string | null, status?: SessionStatus | null, language?: string | null, endReason?: string | null, metadata?: Record<string, unknown> | null, sessionCount: number, eventCount: number, duration?: { __typename?: 'DurationStatistics', sessionCount: number, sumMs: number, averageMs: number, minMs: number, maxMs: number, p50Ms: number, p90Ms: number, p95Ms: number, p99Ms: number } | null }> };

export const SessionFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SessionFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Session"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"language"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"}},{"kind":"Field","name":{"kind":"Name","value":"startedAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"durationMs"}},{"kind":"Field","name":{"kind":"Name","value":"endReason"}},{"kind":"Field","name":{"kind":"Name","value":"eventCount"}},{"kind":"Field","name":{"kind":"Name","value":"lastEventAt"}}]}}]} as unknown as DocumentNode<SessionFieldsFragment, unknown>;
export const EventFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"eventId"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"payload"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"receivedAt"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]} as unknown as DocumentNode<EventFieldsFragment, unknown>;
export const PageFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PageFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PageInfo"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]} as unknown as DocumentNode<PageFieldsFragment, unknown>;
export const CreateSessionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateSession"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateSessionInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createSession"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"created"}},{"kind":"Field","name":{"kind":"Name","value":"session"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SessionFields"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SessionFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Session"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"language"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"}},{"kind":"Field","name":{"kind":"Name","value":"startedAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"durationMs"}},{"kind":"Field","name":{"kind":"Name","value":"endReason"}},{"kind":"Field","name":{"kind":"Name","value":"eventCount"}},{"kind":"Field","name":{"kind":"Name","value":"lastEventAt"}}]}}]} as unknown as DocumentNode<CreateSessionMutation, CreateSessionMutationVariables>;
export const AddEventDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"AddEvent"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"AddEventInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"addEvent"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"created"}},{"kind":"Field","name":{"kind":"Name","value":"event"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"eventId"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"payload"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"receivedAt"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]} as unknown as DocumentNode<AddEventMutation, AddEventMutationVariables>;
export const AddEventsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"AddEvents"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"AddEventsInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"addEvents"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createdCount"}},{"kind":"Field","name":{"kind":"Name","value":"duplicateCount"}},{"kind":"Field","name":{"kind":"Name","value":"rejectedCount"}},{"kind":"Field","name":{"kind":"Name","value":"results"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AddEventPayload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"created"}},{"kind":"Field","name":{"kind":"Name","value":"event"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"EventRejection"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"eventId"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"eventId"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"payload"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"receivedAt"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]} as unknown as DocumentNode<AddEventsMutation, AddEventsMutationVariables>;
export const CompleteSessionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CompleteSession"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CompleteSessionInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"completeSession"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"completed"}},{"kind":"Field","name":{"kind":"Name","value":"session"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SessionFields"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SessionFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Session"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"language"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"}},{"kind":"Field","name":{"kind":"Name","value":"startedAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"durationMs"}},{"kind":"Field","name":{"kind":"Name","value":"endReason"}},{"kind":"Field","name":{"kind":"Name","value":"eventCount"}},{"kind":"Field","name":{"kind":"Name","value":"lastEventAt"}}]}}]} as unknown as DocumentNode<CompleteSessionMutation, CompleteSessionMutationVariables>;
export const UpdateSessionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateSession"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateSessionInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateSession"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updated"}},{"kind":"Field","name":{"kind":"Name","value":"session"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SessionFields"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SessionFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Session"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"language"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"}},{"kind":"Field","name":{"kind":"Name","value":"startedAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"durationMs"}},{"kind":"Field","name":{"kind":"Name","value":"endReason"}},{"kind":"Field","name":{"kind":"Name","value":"eventCount"}},{"kind":"Field","name":{"kind":"Name","value":"lastEventAt"}}]}}]} as unknown as DocumentNode<UpdateSessionMutation, UpdateSessionMutationVariables>;
export const GetSessionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"GetSession"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"sessionId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"session"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"sessionId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"sessionId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SessionFields"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SessionFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Session"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"language"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"}},{"kind":"Field","name":{"kind":"Name","value":"startedAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"durationMs"}},{"kind":"Field","name":{"kind":"Name","value":"endReason"}},{"kind":"Field","name":{"kind":"Name","value":"eventCount"}},{"kind":"Field","name":{"kind":"Name","value":"lastEventAt"}}]}}]} as unknown as DocumentNode<GetSessionQuery, GetSessionQueryVariables>;
export const GetEventsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"GetEvents"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"sessionId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"last"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"before"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"EventFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"EventOrder"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"session"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"sessionId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"sessionId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"events"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"last"},"value":{"kind":"Variable","name":{"kind":"Name","value":"last"}}},{"kind":"Argument","name":{"kind":"Name","value":"before"},"value":{"kind":"Variable","name":{"kind":"Name","value":"before"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"PageFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PageFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PageInfo"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"eventId"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"payload"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"receivedAt"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]} as unknown as DocumentNode<GetEventsQuery, GetEventsQueryVariables>;
export const GetSessionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"GetSessions"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"last"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"before"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"SessionFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"SessionOrder"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sessions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"last"},"value":{"kind":"Variable","name":{"kind":"Name","value":"last"}}},{"kind":"Argument","name":{"kind":"Name","value":"before"},"value":{"kind":"Variable","name":{"kind":"Name","value":"before"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"PageFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SessionFields"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PageFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PageInfo"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SessionFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Session"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"language"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"}},{"kind":"Field","name":{"kind":"Name","value":"startedAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"durationMs"}},{"kind":"Field","name":{"kind":"Name","value":"endReason"}},{"kind":"Field","name":{"kind":"Name","value":"eventCount"}},{"kind":"Field","name":{"kind":"Name","value":"lastEventAt"}}]}}]} as unknown as DocumentNode<GetSessionsQuery, GetSessionsQueryVariables>;
export const GetEventDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"GetEvent"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"sessionId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"eventId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"event"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"sessionId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"sessionId"}}},{"kind":"Argument","name":{"kind":"Name","value":"eventId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"eventId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}},{"kind":"Field","name":{"kind":"Name","value":"session"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SessionFields"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"eventId"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"payload"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"receivedAt"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SessionFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Session"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"language"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"}},{"kind":"Field","name":{"kind":"Name","value":"startedAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"durationMs"}},{"kind":"Field","name":{"kind":"Name","value":"endReason"}},{"kind":"Field","name":{"kind":"Name","value":"eventCount"}},{"kind":"Field","name":{"kind":"Name","value":"lastEventAt"}}]}}]} as unknown as DocumentNode<GetEventQuery, GetEventQueryVariables>;
export const GetNodeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"GetNode"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Session"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SessionFields"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SessionFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Session"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"language"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"}},{"kind":"Field","name":{"kind":"Name","value":"startedAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"durationMs"}},{"kind":"Field","name":{"kind":"Name","value":"endReason"}},{"kind":"Field","name":{"kind":"Name","value":"eventCount"}},{"kind":"Field","name":{"kind":"Name","value":"lastEventAt"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"eventId"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"payload"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"receivedAt"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]} as unknown as DocumentNode<GetNodeQuery, GetNodeQueryVariables>;
export const GetNodesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"GetNodes"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"ids"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"ids"},"value":{"kind":"Variable","name":{"kind":"Name","value":"ids"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Session"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"SessionFields"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventFields"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"SessionFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Session"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"language"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"}},{"kind":"Field","name":{"kind":"Name","value":"startedAt"}},{"kind":"Field","name":{"kind":"Name","value":"endedAt"}},{"kind":"Field","name":{"kind":"Name","value":"durationMs"}},{"kind":"Field","name":{"kind":"Name","value":"endReason"}},{"kind":"Field","name":{"kind":"Name","value":"eventCount"}},{"kind":"Field","name":{"kind":"Name","value":"lastEventAt"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Event"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sessionId"}},{"kind":"Field","name":{"kind":"Name","value":"eventId"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"payload"}},{"kind":"Field","name":{"kind":"Name","value":"timestamp"}},{"kind":"Field","name":{"kind":"Name","value":"receivedAt"}},{"kind":"Field","name":{"kind":"Name","value":"position"}}]}}]} as unknown as DocumentNode<GetNodesQuery, GetNodesQueryVariables>;
export const GetStatisticsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"GetStatistics"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"SessionFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"groupBy"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"SessionGrouping"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"timeZone"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},"defaultValue":{"kind":"StringValue","value":"UTC","block":false}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sessionStatistics"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"groupBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"groupBy"}}},{"kind":"Argument","name":{"kind":"Name","value":"timeZone"},"value":{"kind":"Variable","name":{"kind":"Name","value":"timeZone"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"startedAt"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"language"}},{"kind":"Field","name":{"kind":"Name","value":"endReason"}},{"kind":"Field","name":{"kind":"Name","value":"metadata"}},{"kind":"Field","name":{"kind":"Name","value":"sessionCount"}},{"kind":"Field","name":{"kind":"Name","value":"eventCount"}},{"kind":"Field","name":{"kind":"Name","value":"duration"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sessionCount"}},{"kind":"Field","name":{"kind":"Name","value":"sumMs"}},{"kind":"Field","name":{"kind":"Name","value":"averageMs"}},{"kind":"Field","name":{"kind":"Name","value":"minMs"}},{"kind":"Field","name":{"kind":"Name","value":"maxMs"}},{"kind":"Field","name":{"kind":"Name","value":"p50Ms"}},{"kind":"Field","name":{"kind":"Name","value":"p90Ms"}},{"kind":"Field","name":{"kind":"Name","value":"p95Ms"}},{"kind":"Field","name":{"kind":"Name","value":"p99Ms"}}]}}]}}]}}]} as unknown as DocumentNode<GetStatisticsQuery, GetStatisticsQueryVariables>;