import { encodeKeyComponent } from '../language/key-component';
import { Interval, isPoint } from './interval';
import { KeyReader } from './key-reader';

/** An interval of one component as the index has it: in encoded bytes, and in the direction of the component. */
export interface ByteInterval {
  readonly low: Uint8Array;
  readonly lowOpen: boolean;
  readonly high: Uint8Array;
  readonly highOpen: boolean;
}

/** The intervals in the order in which the index has them. */
export function encodeIntervals(intervals: readonly Interval[], direction: 1 | -1): ByteInterval[] {
  const encoded = intervals.map((interval) => encodeInterval(interval, direction));
  return direction === 1 ? encoded : encoded.reverse();
}

/** Whether the component at `position` of the key at hand lies in one of the intervals, which are ascending. */
export function liesIn(key: KeyReader, position: number, intervals: readonly ByteInterval[]): boolean {
  let from = 0;
  let to = intervals.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const side = sideOf(key, position, intervals[middle]!);
    if (side === 0) return true;
    if (side < 0) to = middle;
    else from = middle + 1;
  }
  return false;
}

/** The first byte string after all that begin with `bytes`. */
export function afterPrefix(bytes: Uint8Array): Uint8Array {
  for (let i = bytes.length - 1; i >= 0; i--) {
    if (bytes[i]! < 0xff) {
      const next = bytes.slice(0, i + 1);
      next[i]!++;
      return next;
    }
  }
  return afterEverything;
}

// Longer than any run of 0xff that begins a component.
const afterEverything = new Uint8Array(32).fill(0xff);

function encodeInterval(interval: Interval, direction: 1 | -1): ByteInterval {
  const low = encodeKeyComponent(interval.low, direction);
  const high = isPoint(interval) ? low : encodeKeyComponent(interval.high, direction);
  return direction === 1
    ? { low, lowOpen: interval.lowOpen, high, highOpen: interval.highOpen }
    : { low: high, lowOpen: interval.highOpen, high: low, highOpen: interval.lowOpen };
}

/** Negative: before the interval; positive: after it; 0: in it. */
function sideOf(key: KeyReader, position: number, interval: ByteInterval): number {
  const low = key.compare(position, interval.low);
  if (low < 0 || (low === 0 && interval.lowOpen)) return -1;
  const high = key.compare(position, interval.high);
  return high > 0 || (high === 0 && interval.highOpen) ? 1 : 0;
}
