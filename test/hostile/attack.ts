import { numberedSession } from './many-sessions';

/** One hostile request. What it sends is made when it is sent: some bodies are as large as a body may be. */
export interface Attack {
  readonly name: string;
  /** The body of a POST as JSON, or the path of a GET. */
  send(): { readonly body: string | Buffer } | { readonly path: string };
}

/** What MAX_BODY_BYTES is by default. */
export const largestBody = 16 * 1024 * 1024;

/** A session that is there, with events. */
export const knownSession = numberedSession(0);

/** So many parts, each made from its number. */
export function repeat(count: number, part: (index: number) => string, between = ' '): string {
  return Array.from({ length: count }, (_, index) => part(index)).join(between);
}

/** An attack by an operation's text. */
export function operation(name: string, query: () => string, variables?: () => object): Attack {
  return { name, send: () => ({ body: JSON.stringify({ query: query(), variables: variables?.() }) }) };
}

/** An attack by a body, whatever it is. */
export function rawBody(name: string, body: () => string | Buffer): Attack {
  return { name, send: () => ({ body: body() }) };
}

/** The text of a query for something of the known session. */
export function session(inside: string): string {
  return `{session(sessionId:"${knownSession}"){${inside}}}`;
}

/** Fragments each of which spreads the next one twice, and what `around` makes of a spread of the first. */
export function doubling(
  levels: number,
  around: (spread: string) => string,
  last = 'id',
  type = 'Session',
): string {
  const fragments = repeat(levels, (n) => `fragment f${n} on ${type}{...f${n + 1} ...f${n + 1}}`);
  return `${around('...f0')} ${fragments} fragment f${levels} on ${type}{${last}}`;
}
