import type { WorkloadParameters } from './measure';

/** Makes the bodies of one load, and knows a good answer by its bytes. */
export interface Workload {
  next(): string;
  /** Must stand in every good answer; what a good answer never holds is `"errors":`. */
  readonly mark: string;
}

const payload = JSON.stringify({
  text: 'Hi, my internet has been dropping every evening since Monday, and the router blinks orange.',
  confidence: 0.964,
  durationMs: 4120,
  alternatives: [{ text: 'Hi, my internet has been dropping every evening some day.', confidence: 0.41 }],
});
const startOfBench = Date.parse('2026-01-01T00:00:00Z');

/** What is asked of an added event: what every contender can answer. */
export const addEventQuery =
  'mutation AddEvent($input: AddEventInput!) { addEvent(input: $input) { created event { eventId type timestamp } } }';
export const addEventsQuery =
  'mutation AddEvents($input: AddEventsInput!) { addEvents(input: $input) { createdCount duplicateCount rejectedCount } }';
export const pageQuery =
  'query Page($sessionId: ID!) { session(sessionId: $sessionId) { sessionId status language startedAt eventCount ' +
  'events(first: 50) { edges { cursor node { eventId type payload timestamp } } pageInfo { hasNextPage endCursor } } } }';
export const bigPageQuery =
  'query BigPage($sessionId: ID!) { session(sessionId: $sessionId) { events(first: 500) { nodes { eventId type payload timestamp } } } }';

/** One event as a client would write it; `index` makes it unlike every other one of the run. */
function eventJson({ run, sessionIds }: WorkloadParameters, index: number): string {
  const sessionId = sessionIds[index % sessionIds.length];
  const timestamp = new Date(startOfBench + index).toISOString();
  return `{"sessionId":"${sessionId}","eventId":"${run}-${index}","type":"USER_SPEECH","payload":${payload},"timestamp":"${timestamp}"}`;
}

function writing(parameters: WorkloadParameters): Workload {
  const head = `{"query":${JSON.stringify(addEventQuery)},"variables":{"input":`;
  let index = 0;
  return { next: () => `${head}${eventJson(parameters, index++)}}}`, mark: '"created":true' };
}

function batches(parameters: WorkloadParameters): Workload {
  const head = `{"query":${JSON.stringify(addEventsQuery)},"variables":{"input":{"events":[`;
  let index = 0;
  const next = (): string => {
    const events = Array.from({ length: batchSize }, () => eventJson(parameters, index++));
    return `${head}${events.join(',')}]}}}`;
  };
  return { next, mark: `"createdCount":${batchSize},` };
}

function reading(query: string, { sessionIds }: WorkloadParameters): Workload {
  const bodies = sessionIds.map((sessionId) => JSON.stringify({ query, variables: { sessionId } }));
  let index = 0;
  return { next: () => bodies[index++ % bodies.length]!, mark: '"eventId":' };
}

/** Events in each `addEvents`. */
export const batchSize = 500;

function givenBodies({ bodies = [] }: WorkloadParameters): Workload {
  let index = 0;
  return { next: () => bodies[index++ % bodies.length]!, mark: '"sessionId":' };
}

const workloads: Record<string, (parameters: WorkloadParameters) => Workload> = {
  addEvent: writing,
  addEvents: batches,
  bodies: givenBodies,
  page: (parameters) => reading(pageQuery, parameters),
  bigPage: (parameters) => reading(bigPageQuery, parameters),
};

/** The documents that the `addEvents` load leaves behind, for the driver to insert the same. */
export function benchEvents(parameters: WorkloadParameters, from: number, count: number) {
  return Array.from({ length: count }, (_, offset) => {
    const index = from + offset;
    const event = JSON.parse(eventJson(parameters, index)) as BenchEvent;
    const timestamp = new Date(event.timestamp);
    const position = Math.floor(index / parameters.sessionIds.length) + 1;
    return { ...event, timestamp, receivedAt: timestamp, position };
  });
}

interface BenchEvent {
  sessionId: string;
  eventId: string;
  type: string;
  payload: object;
  timestamp: string;
}

export function openWorkload(name: string, parameters: WorkloadParameters): Workload {
  const open = workloads[name];
  if (!open) throw new Error(`no workload is called ${name}`);
  return open(parameters);
}
