/** Names of fields of the API's Session or Event; never changed once they are used here. */
export type Fields = Iterable<string> & object;

/** Which stored fields a command fetches. */
export type Projection = Readonly<Record<string, 0 | 1>>;

/** What is stored under another name, or in several places. */
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

/** Fetches what `fields` of a session need, and its identity. */
export const sessionProjection = projectionWith(['sessionId'], sessionSources);

/** Fetches what `fields` of an event need, its session's identity and its place in the conversation. */
export const eventProjection = projectionWith(['sessionId', 'timestamp', 'position'], eventSources);

/** Remembers, because the same operations come again and again. In the order of names: equal wishes look equal. */
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
