import type { CallEvent } from './conversation';

export interface Added {
  created: boolean;
  event: { eventId: string; position: number };
}

export interface Batch {
  createdCount: number;
  duplicateCount: number;
  rejectedCount: number;
}

export interface Page {
  events: {
    nodes: (CallEvent & { position: number })[];
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
  };
}

export interface SessionState {
  status: string;
  language: string;
  metadata: object;
  eventCount: number;
  durationMs: number | null;
}

export const createSession = `mutation ($input: CreateSessionInput!) {
  createSession(input: $input) { created session { status language metadata eventCount } } }`;
export const addEvent = `mutation ($input: AddEventInput!) {
  addEvent(input: $input) { created event { eventId position } } }`;
export const addEvents = `mutation ($input: AddEventsInput!) {
  addEvents(input: $input) { createdCount duplicateCount rejectedCount } }`;
export const completeSession = `mutation ($input: CompleteSessionInput!) {
  completeSession(input: $input) { completed session { status eventCount durationMs } } }`;
export const readSession = `query ($id: ID!) {
  session(sessionId: $id) { status language metadata eventCount durationMs } }`;
const pageOf = `events(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
  nodes { eventId type payload timestamp position } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`;
export const readPage = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $filter: EventFilter) {
  session(sessionId: $id) { ${pageOf} } }`;

export const followEvents = `subscription ($id: ID!) {
  eventAdded(sessionId: $id, afterPosition: 0) { eventId position }
}`;
