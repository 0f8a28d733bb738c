import { Event, type EventRow } from '../../store/event.model';
import type { LiveSessionRow } from '../../store/live-reads';
import { sizeOfRows } from '../../store/row-size';
import { Session, type SessionRow } from '../../store/session.model';
import { hasEnded } from '../../store/session-status';
import type { CatchUp, CatchUpPage } from './catch-up';
import { EventWindow } from './event-window';
import type { EventStream } from './event-stream';
import { sameRow } from './same-row';
import type { SessionStream } from './session-stream';

/** How many subscribers are notified in one turn of the event loop. */
const notifiedPerTurn = 250;

/**
 * The known state of one watched session, shared by all its subscribers in this process. Its reader fills it from the
 * database; the feed says what it lacks.
 */
export class SessionFeed {
  private row: LiveSessionRow | null = null;
  private current: Session | undefined;
  private readonly window = new EventWindow(0);
  private readonly eventStreams = new Set<EventStream>();
  private readonly sessionStreams = new Set<SessionStream>();
  private isNotifying = false;
  private notifyAgain = false;
  /** How many subscribers are about to join. */
  private holds = 0;

  /** Incremented with each new state of the session. */
  version = 0;

  constructor(
    readonly sessionId: string,
    private readonly catchUp: CatchUp,
    private readonly onUnused: (feed: SessionFeed) => void,
  ) {}

  /** The last state read; there must be one. */
  get session(): Session {
    this.current ??= new Session(this.row as SessionRow);
    return this.current;
  }

  /** The session's `_id`, once it has been read. */
  get storedId(): string | undefined {
    return this.row?._id.toHexString();
  }

  get subscriberCount(): number {
    return this.eventStreams.size + this.sessionStreams.size;
  }

  /** The position up to which events were read for subscribers that keep up. */
  get readPosition(): number {
    return this.window.lastPosition;
  }

  /** True also while a subscriber is about to join, so that it misses no change. */
  get wantsSession(): boolean {
    return this.sessionStreams.size > 0 || this.holds > 0;
  }

  get wantsEvents(): boolean {
    return this.eventStreams.size > 0;
  }

  /** Whether there are events to be read for subscribers that keep up. */
  get lacksEvents(): boolean {
    return this.wantsEvents && this.row !== null && this.row.eventCount > this.readPosition;
  }

  /** The event at the position, if it is held in memory. */
  eventAt(position: number): Event | undefined {
    return this.window.at(position);
  }

  /** Whether the session has ended with no event beyond the position. */
  isOverAt(position: number): boolean {
    return this.row !== null && hasEnded(this.row.status) && position >= this.row.eventCount;
  }

  /** Reads at most `limit` events after the position from the index; none if they are not visible yet. */
  readBeyond(position: number, limit: number): Promise<CatchUpPage> {
    return this.catchUp.read({ sessionId: this.sessionId, position }, limit);
  }

  /** Takes a state that was read, unless a newer one is known. */
  takeSession(row: LiveSessionRow): void {
    if (this.row !== null && (isOlder(row, this.row) || sameRow(row, this.row))) return;
    this.row = row;
    this.current = undefined;
    this.version += 1;
    this.notify();
  }

  /** Takes the next events; those out of order are left to be read again. */
  takeEvents(rows: readonly EventRow[]): void {
    const bytes = rows.length > 0 ? sizeOfRows(rows) / rows.length : 0;
    const before = this.window.lastPosition;
    for (const row of rows) this.window.add(new Event(row), bytes);
    if (this.window.lastPosition === before) return;
    this.window.dropUpTo(this.slowestPosition());
    this.notify();
  }

  /** Keeps the feed while someone is about to join. */
  hold(): void {
    this.holds += 1;
  }

  release(): void {
    this.holds -= 1;
    this.endUnused();
  }

  joinEvents(stream: EventStream): void {
    if (!this.wantsEvents) this.window.restart(this.row?.eventCount ?? 0);
    this.eventStreams.add(stream);
  }

  leaveEvents(stream: EventStream): void {
    this.eventStreams.delete(stream);
    this.endUnused();
  }

  joinSession(stream: SessionStream): void {
    this.sessionStreams.add(stream);
  }

  leaveSession(stream: SessionStream): void {
    this.sessionStreams.delete(stream);
    this.endUnused();
  }

  private endUnused(): void {
    if (!this.wantsEvents && !this.wantsSession) this.onUnused(this);
  }

  private slowestPosition(): number {
    let slowest = this.window.lastPosition;
    for (const { position } of this.eventStreams) slowest = Math.min(slowest, position);
    return slowest;
  }

  /** Notifies every subscriber, some in each turn, so that a crowd does not block the event loop. */
  private notify(): void {
    if (this.isNotifying) this.notifyAgain = true;
    else this.notifyFrom([...this.eventStreams, ...this.sessionStreams], 0);
  }

  private notifyFrom(streams: readonly { advance(): void }[], start: number): void {
    const end = Math.min(start + notifiedPerTurn, streams.length);
    for (let index = start; index < end; index += 1) streams[index]!.advance();
    this.isNotifying = end < streams.length;
    if (this.isNotifying) setImmediate(() => this.notifyFrom(streams, end));
    else if (this.notifyAgain) {
      this.notifyAgain = false;
      this.notify();
    }
  }
}

/** Reads may overtake each other, and a secondary may lag; a session only grows until it has ended. */
function isOlder(row: LiveSessionRow, known: LiveSessionRow): boolean {
  return row.eventCount < known.eventCount || (hasEnded(known.status) && !hasEnded(row.status));
}
