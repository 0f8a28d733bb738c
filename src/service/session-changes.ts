/** What may have changed: added events, or anything else about the session. */
export type Change = 'events' | 'session';

/** Called when a session may have changed. */
export type ChangeListener = (sessionId: string, change: Change) => void;

/**
 * The wake-ups of one process: writers notify which session they have changed, live readers listen. A wake-up is a hint
 * without data. It may be lost or doubled, because readers get what is new from the database.
 */
export class SessionChanges {
  private readonly listeners = new Set<ChangeListener>();

  /** Call it after each commit that adds events to a session, creates, ends or updates it. Never throws. */
  notify(sessionId: string, change: Change = 'session'): void {
    for (const listener of this.listeners) listener(sessionId, change);
  }

  /** Calls `listener` at each change until the returned function is called. It must be quick and must not throw. */
  listen(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}
