import type { Event } from '../../store/event.model';

/** The bounds of a window. */
const maxEvents = 256;
const maxBytes = 256 * 1024;

interface Held {
  readonly event: Event;
  readonly bytes: number;
}

/** The last events of a session, without gaps, shared by its subscribers. Those further behind read from the index. */
export class EventWindow {
  private held: Held[] = [];
  private bytes = 0;

  /** @param last the position of the last known event */
  constructor(private last: number) {}

  get lastPosition(): number {
    return this.last;
  }

  /** The event at the position, if it is held. */
  at(position: number): Event | undefined {
    const index = position - (this.last - this.held.length + 1);
    return index < 0 ? undefined : this.held[index]?.event;
  }

  /** Adds the next event; returns false, and adds nothing, if it is not the next one. */
  add(event: Event, bytes: number): boolean {
    if (event.position !== this.last + 1) return false;
    this.last = event.position;
    this.held.push({ event, bytes });
    this.bytes += bytes;
    return true;
  }

  /** Drops the events up to `position`, which everyone has taken, and the oldest ones beyond the bounds. */
  dropUpTo(position: number): void {
    const first = this.last - this.held.length + 1;
    let count = Math.max(0, Math.min(position - first + 1, this.held.length));
    let bytes = this.bytes;
    for (let index = 0; index < this.held.length; index += 1) {
      const isFull = this.held.length - index > maxEvents || bytes > maxBytes;
      if (index >= count && !(isFull && index < this.held.length - 1)) break;
      bytes -= this.held[index]!.bytes;
      count = index + 1;
    }
    this.held.splice(0, count);
    this.bytes = bytes;
  }

  /** Starts again after `position`. */
  restart(position: number): void {
    this.last = position;
    this.held = [];
    this.bytes = 0;
  }
}
