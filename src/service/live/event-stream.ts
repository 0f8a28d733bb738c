import type { Event } from '../../store/event.model';
import { isOver, LiveStream, nothingYet } from './live-stream';
import type { SessionFeed } from './session-feed';

/** How many events are read at a time at first, and about how many bytes and how many events later. */
const firstPageSize = 16;
const pageBytes = 256 * 1024;
const maxPageSize = 256;
/** Before a position that is known, but not visible yet, is looked for again. */
const retryMs = 50;

/**
 * A session's events beyond a position in stored order: each once, none left out, however wake-ups come. Over when the
 * session has ended and all is delivered.
 */
export class EventStream extends LiveStream<Event> {
  /** Read from the index while this subscriber is behind what the feed holds. The next one is the last. */
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

  /** The position of the last event that was taken. */
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
    // Behind what is held for those that keep up; what comes next is read for all of them together.
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
      // Without what the feed has delivered meanwhile; reversed, because taking from the end of a list is cheap.
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
