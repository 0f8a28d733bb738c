import type { Event } from '../../store/event.model';
import { isOver, LiveStream, nothingYet } from './live-stream';
import type { SessionFeed } from './session-feed';

/** The size of the first page, and the approximate limits of later ones. */
const firstPageSize = 16;
const pageBytes = 256 * 1024;
const maxPageSize = 256;
/** The pause before a known position that is not visible yet is read again. */
const retryMs = 50;

/**
 * A session's events after a position, in stored order, each exactly once, whatever wake-ups arrive. Completes when the
 * session has ended and every event is delivered.
 */
export class EventStream extends LiveStream<Event> {
  /** Events read for this subscriber while it is behind the feed's window; the next is at the end. */
  private page: Event[] = [];
  private pageSize = firstPageSize;
  private isCatchingUp = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly feed: SessionFeed,
    private delivered: number,
  ) {
    super();
    feed.joinEvents(this);
  }

  /** The position of the last delivered event. */
  get position(): number {
    return this.delivered;
  }

  protected take(): Event | typeof nothingYet | typeof isOver {
    const event = this.page.pop() ?? this.feed.eventAt(this.delivered + 1);
    if (event !== undefined) {
      this.delivered = event.position;
      return event;
    }
    if (this.feed.isOverAt(this.delivered)) return isOver;
    // Behind the window of the feed; newer events are read for all subscribers together.
    if (this.feed.readPosition > this.delivered) this.catchUp();
    return nothingYet;
  }

  protected leave(): void {
    clearTimeout(this.retry);
    this.page = [];
    this.feed.leaveEvents(this);
  }

  private catchUp(): void {
    if (this.isCatchingUp) return;
    this.isCatchingUp = true;
    void this.feed.readBeyond(this.delivered, this.pageSize).then(({ events, bytes }) => {
      if (this.ended) return;
      if (events.length === 0) {
        this.retry = setTimeout(() => this.caughtUp(), retryMs);
        return;
      }
      // Without events that the feed has delivered meanwhile; reversed, because pop is cheaper than shift.
      this.page = events.filter(({ position }) => position > this.delivered).reverse();
      const fitting = Math.floor(pageBytes / (bytes / events.length));
      this.pageSize = Math.max(1, Math.min(fitting, maxPageSize));
      this.caughtUp();
    });
  }

  private caughtUp(): void {
    this.isCatchingUp = false;
    this.advance();
  }
}
