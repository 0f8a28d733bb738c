import type { Session } from '../../store/session.model';
import { LiveStream, nothingYet } from './live-stream';
import type { SessionFeed } from './session-feed';

/** The current state of a session, then its newest state whenever it has changed since the last one taken. */
export class SessionStream extends LiveStream<Session> {
  private seen = 0;

  constructor(private readonly feed: SessionFeed) {
    super();
    feed.joinSession(this);
  }

  protected take(): Session | typeof nothingYet {
    const { version, session } = this.feed;
    if (version === this.seen) return nothingYet;
    this.seen = version;
    return session;
  }

  protected leave(): void {
    this.feed.leaveSession(this);
  }
}
