import { badUserInput } from '../../errors';
import { checkId } from '../input-rules';
import { sessionNotFound } from '../refusals';
import { EventStream } from './event-stream';
import type { SessionFeeds } from './session-feeds';
import { SessionStream } from './session-stream';

/** The rules of following sessions as they happen. */
export class LiveService {
  constructor(private readonly feeds: SessionFeeds) {}

  /**
   * The session's events in stored order: those beyond `afterPosition`, or from now on if there is none, each exactly
   * once. Over when the session has ended and all is delivered. Whoever has it must end it by `return`.
   * @throws BAD_USER_INPUT, SESSION_NOT_FOUND
   */
  async eventsOf(sessionId: string, afterPosition: number | null | undefined): Promise<EventStream> {
    checkId('sessionId', sessionId);
    if (afterPosition != null && afterPosition < 0) throw badUserInput('afterPosition', 'must be 0 or more.');
    const stream = await this.feeds.join(
      sessionId,
      (feed, now) => new EventStream(feed, afterPosition ?? now.eventCount),
    );
    if (stream === null) throw sessionNotFound(sessionId);
    return stream;
  }

  /**
   * The session as it stands, then each time anything of it has changed; what comes faster than it is taken is skipped
   * in favour of the newest state. Whoever has it must end it by `return`.
   * @throws BAD_USER_INPUT, SESSION_NOT_FOUND
   */
  async statesOf(sessionId: string): Promise<SessionStream> {
    checkId('sessionId', sessionId);
    const stream = await this.feeds.join(sessionId, (feed) => new SessionStream(feed));
    if (stream === null) throw sessionNotFound(sessionId);
    return stream;
  }
}
