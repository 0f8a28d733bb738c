/** Names of fields of the API's Session or Event. */
export type Fields = Iterable<string>;

/** What is stored under another name, or in several places. */
const sessionSources: Readonly<Record<string, readonly string[]>> = {
  durationMs: ['startedAt', 'endedAt'],
  status: ['status'],
  language: ['language'],
  metadata: ['metadata'],
  startedAt: ['startedAt'],
  endedAt: ['endedAt'],
  eventCount: ['eventCount'],
  lastEventAt: ['lastEventAt'],
};

const eventSources: Readonly<Record<string, readonly string[]>> = {
  id: ['eventId'],
  eventId: ['eventId'],
  type: ['type'],
  payload: ['payload'],
  receivedAt: ['receivedAt'],
};

/** Fetches what `fields` of a session need, and its identity. */
export function sessionProjection(fields: Fields): Record<string, 0 | 1> {
  return projection(['sessionId'], sessionSources, fields);
}

/** Fetches what `fields` of an event need, its session's identity and its place in the conversation. */
export function eventProjection(fields: Fields): Record<string, 0 | 1> {
  return projection(['sessionId', 'timestamp', 'position'], eventSources, fields);
}

/** Sorted, so that equal wishes look equal. */
function projection(always: string[], sources: Readonly<Record<string, readonly string[]>>, fields: Fields) {
  const stored = new Set(always);
  for (const field of fields) for (const source of sources[field] ?? []) stored.add(source);
  return { ...Object.fromEntries([...stored].sort().map((name) => [name, 1])), _id: 0 } as Record<
    string,
    0 | 1
  >;
}
