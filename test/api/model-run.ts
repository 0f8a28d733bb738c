import type * as fc from 'fast-check';
import type { SessionClient } from '../process/session-client';
import type { SessionModel } from './session-model';

/** The service under test; `prefix` keeps the sessions of each run apart. */
export interface Real {
  readonly client: SessionClient;
  /** More of them, to send at the same moment. */
  readonly others: readonly SessionClient[];
  readonly prefix: string;
}

export type Command = fc.AsyncCommand<SessionModel, Real>;

/** A step of a run; `words` say it in a counterexample. */
export function command(words: string, run: (model: SessionModel, real: Real) => Promise<void>): Command {
  return { check: () => true, run, toString: () => words };
}

/** The same input for the session of that name in this run. */
export function inRun<T extends { sessionId: string }>(real: Real, input: T): T {
  return { ...input, sessionId: `${real.prefix}-${input.sessionId}` };
}

/** What the model knows of a session, as the API says it. */
export function expectedSession(model: SessionModel, sessionId: string) {
  const { language, status, events } = model.sessions.get(sessionId)!;
  return { sessionId, language, status, eventCount: events.length };
}
