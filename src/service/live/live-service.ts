import { badUserInput } from '../../errors';
import { checkId } from '../input-rules';
import { sessionNotFound } from '../refusals';
import { EventStream } from './event-stream';
import type { SessionFeeds } from './session-feeds';
import { SessionStream } from './session-stream';

/** The rules for following sessions live. */
export class LiveService {
  constructor(private readonly feeds: SessionFeeds) {}

  /**
   * The session's events after `afterPosition` (without it, only new ones), in stored order, each exactly once. Completes
   * when the session has ended and every event is delivered. The caller must end it by `return`.
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
   * The session's current state, then its newest state after each change; a slow consumer skips intermediate states. The
   * caller must end it by `return`.
   * @throws BAD_USER_INPUT, SESSION_NOT_FOUND
   */
  async statesOf(sessionId: string): Promise<SessionStream> {
    checkId('sessionId', sessionId);
    const stream = await this.feeds.join(sessionId, (feed) => new SessionStream(feed));
    if (stream === null) throw sessionNotFound(sessionId);
    return stream;
  }
}
