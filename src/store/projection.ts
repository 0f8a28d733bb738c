/** Names of fields of the API's Session or Event. Must not change after use here, because it is a cache key. */
export type Fields = Iterable<string> & object;

/** A projection of stored fields. */
export type Projection = Readonly<Record<string, 0 | 1>>;

/** The stored fields of API fields that differ. */
const sessionSources: Readonly<Record<string, readonly string[]>> = {
  durationMs: ['startedAt', 'endedAt'],
  status: ['status'],
  language: ['language'],
  metadata: ['metadata'],
  startedAt: ['startedAt'],
  endedAt: ['endedAt'],
  endReason: ['endReason'],
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

/** The projection for `fields` of a session, with its identity. */
export const sessionProjection = projectionWith(['sessionId'], sessionSources);

/** The projection for `fields` of an event, with its session's identity and its place in the conversation. */
export const eventProjection = projectionWith(['sessionId', 'timestamp', 'position'], eventSources);

/** Cached, because operations repeat. Sorted by name, so that equal projections compare equal. */
function projectionWith(always: readonly string[], sources: Readonly<Record<string, readonly string[]>>) {
  const known = new WeakMap<Fields, Projection>();
  return (fields: Fields): Projection => {
    let projection = known.get(fields);
    if (projection === undefined) {
      const stored = new Set(always);
      for (const field of fields) for (const source of sources[field] ?? []) stored.add(source);
      projection = { ...Object.fromEntries([...stored].sort().map((name) => [name, 1] as const)), _id: 0 };
      known.set(fields, projection);
    }
    return projection;
  };
}
