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

/** So many subscribers are told in one turn of the event loop. */
const toldPerTurn = 250;

/**
 * One watched session: what is known of it, shared by all of its subscribers in this process. It is told by its reader
 * what the database has, and says by itself what is missing.
 */
export class SessionFeed {
  private row: LiveSessionRow | null = null;
  private current: Session | undefined;
  private readonly window = new EventWindow(0);
  private readonly eventStreams = new Set<EventStream>();
  private readonly sessionStreams = new Set<SessionStream>();
  private isTelling = false;
  private tellAgain = false;
  /** How many are about to join. */
  private holds = 0;

  /** Counts the states of the session. */
  version = 0;

  constructor(
    readonly sessionId: string,
    private readonly catchUp: CatchUp,
    private readonly onUnused: (feed: SessionFeed) => void,
  ) {}

  /** The state read last. Only to be asked for once there is one. */
  get session(): Session {
    this.current ??= new Session(this.row as SessionRow);
    return this.current;
  }

  /** The database's own id of the session, once it has been read. */
  get storedId(): string | undefined {
    return this.row?._id.toHexString();
  }

  get subscriberCount(): number {
    return this.eventStreams.size + this.sessionStreams.size;
  }

  /** Where the reading for subscribers that keep up goes on. */
  get readPosition(): number {
    return this.window.lastPosition;
  }

  /** Also while someone is about to join, who must not miss what happens meanwhile. */
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

  /** At most `limit` events beyond the position, read from the index; none if they are not visible yet. */
  readBeyond(position: number, limit: number): Promise<CatchUpPage> {
    return this.catchUp.read({ sessionId: this.sessionId, position }, limit);
  }

  /** Takes over what was read of the session, unless something newer is known. */
  takeSession(row: LiveSessionRow): void {
    if (this.row !== null && (isOlder(row, this.row) || sameRow(row, this.row))) return;
    this.row = row;
    this.current = undefined;
    this.version += 1;
    this.tell();
  }

  /** Takes over the next events; whatever is not in its turn is left to be read again. */
  takeEvents(rows: readonly EventRow[]): void {
    const bytes = rows.length > 0 ? sizeOfRows(rows) / rows.length : 0;
    const before = this.window.lastPosition;
    for (const row of rows) this.window.add(new Event(row), bytes);
    if (this.window.lastPosition === before) return;
    this.window.dropUpTo(this.slowestPosition());
    this.tell();
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

  /** Lets every subscriber look, in turns: what a crowd is sent must not keep everyone else waiting. */
  private tell(): void {
    if (this.isTelling) this.tellAgain = true;
    else this.tellFrom([...this.eventStreams, ...this.sessionStreams], 0);
  }

  private tellFrom(streams: readonly { advance(): void }[], start: number): void {
    const end = Math.min(start + toldPerTurn, streams.length);
    for (let index = start; index < end; index += 1) streams[index]!.advance();
    this.isTelling = end < streams.length;
    if (this.isTelling) setImmediate(() => this.tellFrom(streams, end));
    else if (this.tellAgain) {
      this.tellAgain = false;
      this.tell();
    }
  }
}

/** Reads may overtake each other, and a secondary may be behind; a session only ever grows until it has ended. */
function isOlder(row: LiveSessionRow, known: LiveSessionRow): boolean {
  return row.eventCount < known.eventCount || (hasEnded(known.status) && !hasEnded(row.status));
}
