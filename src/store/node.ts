import { Field, ID, InterfaceType } from 'type-graphql';

/** The parts of a global id. */
export type NodeKey =
  | { readonly type: 'Session'; readonly sessionId: string }
  | { readonly type: 'Event'; readonly sessionId: string; readonly eventId: string };

@InterfaceType('Node', { description: 'Anything that can be fetched again by its global id.' })
export abstract class Node {
  @Field(() => ID, { description: 'The global id. It never changes.' })
  readonly id!: string;
}

/** The global id of a session: type and natural key, so that it is the same in any database. */
export function sessionGlobalId(sessionId: string): string {
  return Buffer.from(`Session ${sessionId}`).toString('base64url');
}

/** The global id of an event. Ids contain no white space, so a space can separate them. */
export function eventGlobalId(sessionId: string, eventId: string): string {
  return Buffer.from(`Event ${sessionId} ${eventId}`).toString('base64url');
}

/** Parses a global id; null if it is invalid. */
export function parseGlobalId(id: string): NodeKey | null {
  const text = Buffer.from(id, 'base64url').toString();
  const [type, sessionId, eventId, ...rest] = text.split(' ');
  if (!sessionId || rest.length > 0 || Buffer.from(text).toString('base64url') !== id) return null;
  if (type === 'Session' && eventId === undefined) return { type, sessionId };
  if (type === 'Event' && eventId) return { type, sessionId, eventId };
  return null;
}
