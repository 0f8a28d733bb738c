import { badUserInput } from '../errors';
import type { OffsetSpan } from '../store/calendar';

const dayMs = 86_400_000;
/** The offset of a zone changes at most once in this time. */
const stepMs = 7 * dayMs;
/** Outside of these, the nearest offset applies: there was no standard time before, and later rules are unknown. */
const earliest = Date.UTC(1900, 0);
const latest = Date.UTC(2100, 0);

/** An IANA time zone, from Node.js. */
export class TimeZone {
  private constructor(private readonly format: Intl.DateTimeFormat | null) {}

  /** @throws BAD_USER_INPUT if there is no zone of this name */
  static named(argument: string, name: string): TimeZone {
    if (name === 'UTC') return new TimeZone(null);
    // Some versions of Node.js accept offsets such as +01:00 too.
    if (/^[A-Za-z]/.test(name)) {
      try {
        return new TimeZone(new Intl.DateTimeFormat('en-US', { timeZone: name, ...clock }));
      } catch {
        // RangeError: reported below, like an offset.
      }
    }
    throw badUserInput(argument, 'must be the IANA name of a time zone, such as "Europe/Berlin".');
  }

  /** Whether the zone's offset never changes. */
  get isFixed(): boolean {
    return this.format === null;
  }

  /** The offsets between two instants, in order; at least one. */
  spans(from: number, to: number): OffsetSpan[] {
    const end = clamp(to);
    let at = clamp(from);
    const spans = [{ from: -Infinity, offsetMs: this.offsetAt(at) }];
    while (at < end) {
      const next = Math.min(at + stepMs, end);
      const offsetMs = this.offsetAt(next);
      if (offsetMs !== spans[spans.length - 1]!.offsetMs)
        spans.push({ from: this.change(at, next), offsetMs });
      at = next;
    }
    return spans;
  }

  /** How far the clocks are ahead of UTC, in milliseconds. */
  private offsetAt(instant: number): number {
    if (this.format === null) return 0;
    const parts: Record<string, number> = {};
    for (const { type, value } of this.format.formatToParts(instant)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
  }

  /** The second at which the offset changes, between the two instants. */
  private change(before: number, after: number): number {
    const offset = this.offsetAt(before);
    let [low, high] = [Math.floor(before / 1000), Math.ceil(after / 1000)];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle * 1000) === offset) low = middle;
      else high = middle;
    }
    return high * 1000;
  }
}

const clock: Intl.DateTimeFormatOptions = {
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
};

function clamp(instant: number): number {
  return Math.min(Math.max(instant, earliest), latest);
}
