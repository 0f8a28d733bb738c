/** What may have changed: events were added, or anything else about the session. */
export type Change = 'events' | 'session';

/** Told that something of a session may have changed. */
export type ChangeListener = (sessionId: string, change: Change) => void;

/**
 * The wake-ups of one process: writers say which session they have just committed a change of, live readers hear it.
 * A wake-up is a hint and carries no data. It may be lost or doubled: readers find out from the database what is new.
 */
export class SessionChanges {
  private readonly listeners = new Set<ChangeListener>();

  /** To be called after each commit that adds events to a session, creates, ends or updates it. Never throws. */
  notify(sessionId: string, change: Change = 'session'): void {
    for (const listener of this.listeners) listener(sessionId, change);
  }

  /** Calls `listener`, which must be quick and must not throw, at each change until the returned function is called. */
  listen(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}
