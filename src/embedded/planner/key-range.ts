import { BsonValue } from '../language/bson-value';
import { CANONICAL_TYPES } from '../language/compare';
import { encodeKeyComponent, typeByte } from '../language/key-component';
import { endOfKeyComponent } from '../language/key-decoder';

/**
 * Encoded values, or whole keys, from `low` up to `high`, which is not included. No component is the beginning of another
 * one, so "up to and including v" ends at `afterPrefix(v)`. Lists of ranges are ascending and do not touch.
 */
export interface KeyRange {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  /** Whether it holds one value only, which is `low`. */
  readonly isPoint: boolean;
}

// Longer than any run of 0xff that begins a component.
const afterEverything = new Uint8Array(32).fill(0xff);

/** Every value there is. */
export const everything: readonly KeyRange[] = [
  { low: new Uint8Array(), high: afterEverything, isPoint: false },
];

export function isEverything(ranges: readonly KeyRange[]): boolean {
  return ranges === everything;
}

export function isSinglePoint(ranges: readonly KeyRange[]): boolean {
  return ranges.length === 1 && ranges[0]!.isPoint;
}

/** The first byte string after all that begin with `bytes`. */
export function afterPrefix(bytes: Uint8Array): Uint8Array {
  for (let i = bytes.length - 1; i >= 0; i--) {
    if (bytes[i] === 0xff) continue;
    const next = bytes.slice(0, i + 1);
    next[i]!++;
    return next;
  }
  return afterEverything;
}

export function point(value: BsonValue): KeyRange {
  const low = encodeKeyComponent(value, 1);
  return { low, high: afterPrefix(low), isPoint: true };
}

/** As a list: empty where nothing lies between the ends. */
export function rangeOf(low: Uint8Array, high: Uint8Array): KeyRange[] {
  if (Buffer.compare(low, high) >= 0) return [];
  const isPoint = high.length <= low.length && Buffer.compare(afterPrefix(low), high) === 0 && isWhole(low);
  return [{ low, high, isPoint }];
}

/** A type's byte alone is where its values begin, but for null, which has no more than that. */
function isWhole(low: Uint8Array): boolean {
  if (low.length === 1) return low[0] === typeByte(CANONICAL_TYPES.null);
  return endOfKeyComponent(low, 0) === low.length;
}

/** What lies in one of the ranges, which are given in any order. */
export function union(ranges: readonly KeyRange[]): readonly KeyRange[] {
  if (ranges.length < 2) return ranges;
  const sorted = [...ranges].sort((a, b) => Buffer.compare(a.low, b.low));
  const merged: KeyRange[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (!last || Buffer.compare(last.high, next.low) < 0) merged.push(next);
    else if (Buffer.compare(last.low, next.low) === 0 && Buffer.compare(last.high, next.high) === 0) continue;
    // Two points that touch stay two: each is looked up by itself.
    else if (last.isPoint && next.isPoint) merged.push(next);
    else if (Buffer.compare(last.high, next.high) < 0) {
      merged[merged.length - 1] = { low: last.low, high: next.high, isPoint: false };
    }
  }
  return merged;
}

/** What lies in both lists. */
export function intersection(left: readonly KeyRange[], right: readonly KeyRange[]): readonly KeyRange[] {
  if (isEverything(left)) return right;
  if (isEverything(right)) return left;
  const shared: KeyRange[] = [];
  for (let l = 0, r = 0; l < left.length && r < right.length;) {
    const a = left[l]!;
    const b = right[r]!;
    const low = Buffer.compare(a.low, b.low) > 0 ? a.low : b.low;
    const endsFirst = Buffer.compare(a.high, b.high);
    shared.push(...rangeOf(low, endsFirst < 0 ? a.high : b.high));
    if (endsFirst < 0) l++;
    else r++;
  }
  return shared;
}

/** The ranges as an index has them whose component goes that way. */
export function inDirection(ranges: readonly KeyRange[], direction: 1 | -1): readonly KeyRange[] {
  return direction === 1 || isEverything(ranges) ? ranges : ranges.map(turnedOver).reverse();
}

function turnedOver({ low, high, isPoint }: KeyRange): KeyRange {
  const first = flipped(low);
  return { low: isPoint ? first : afterPrefix(flipped(high)), high: afterPrefix(first), isPoint };
}

function flipped(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ 0xff);
}

export function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  if (head.length === 0) return tail;
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}
