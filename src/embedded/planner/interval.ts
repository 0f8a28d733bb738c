import { MaxKey, MinKey } from 'bson';
import { BsonValue } from '../language/bson-value';
import { compareValues } from '../language/compare';

/** A stretch of values in BSON order. Lists of intervals are ascending and do not touch. */
export interface Interval {
  readonly low: BsonValue;
  readonly lowOpen: boolean;
  readonly high: BsonValue;
  readonly highOpen: boolean;
}

/** Every value there is. */
export const everything: readonly Interval[] = [
  { low: new MinKey(), lowOpen: false, high: new MaxKey(), highOpen: false },
];

export function isEverything(intervals: readonly Interval[]): boolean {
  const [first] = intervals;
  return intervals.length === 1 && first!.low instanceof MinKey && first!.high instanceof MaxKey;
}

export function point(value: BsonValue): Interval {
  return { low: value, lowOpen: false, high: value, highOpen: false };
}

export function isPoint(interval: Interval): boolean {
  return interval.low === interval.high || compareValues(interval.low, interval.high) === 0;
}

/** As a list: empty where no value lies between the ends. */
export function intervalOf(interval: Interval): Interval[] {
  const width = compareValues(interval.low, interval.high);
  return width < 0 || (width === 0 && !interval.lowOpen && !interval.highOpen) ? [interval] : [];
}

/** The values that lie in one of the intervals, given in any order. */
export function union(intervals: readonly Interval[]): Interval[] {
  if (intervals.length < 2) return [...intervals];
  const sorted = [...intervals].sort(compareLows);
  const merged: Interval[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (!last || isGap(last, next)) merged.push(next);
    else if (compareHighs(last, next) < 0) {
      merged[merged.length - 1] = { ...last, high: next.high, highOpen: next.highOpen };
    }
  }
  return merged;
}

/** The values that lie in both lists. */
export function intersection(left: readonly Interval[], right: readonly Interval[]): readonly Interval[] {
  if (isEverything(left)) return right;
  if (isEverything(right)) return left;
  const shared: Interval[] = [];
  for (let l = 0, r = 0; l < left.length && r < right.length;) {
    const a = left[l]!;
    const b = right[r]!;
    const from = compareLows(a, b) > 0 ? a : b;
    const to = compareHighs(a, b) < 0 ? a : b;
    shared.push(
      ...intervalOf({ low: from.low, lowOpen: from.lowOpen, high: to.high, highOpen: to.highOpen }),
    );
    if (to === a) l++;
    else r++;
  }
  return shared;
}

/** The values that lie in none of the intervals. */
export function complement(intervals: readonly Interval[]): readonly Interval[] {
  return intervals.reduce<readonly Interval[]>((rest, { low, lowOpen, high, highOpen }) => {
    const [all] = everything;
    const below = { low: all!.low, lowOpen: false, high: low, highOpen: !lowOpen };
    const above = { low: high, lowOpen: !highOpen, high: all!.high, highOpen: false };
    return intersection(rest, [below, above]);
  }, everything);
}

function isGap(earlier: Interval, later: Interval): boolean {
  const order = compareValues(earlier.high, later.low);
  return order < 0 || (order === 0 && earlier.highOpen && later.lowOpen);
}

function compareLows(a: Interval, b: Interval): number {
  return compareValues(a.low, b.low) || Number(a.lowOpen) - Number(b.lowOpen);
}

function compareHighs(a: Interval, b: Interval): number {
  return compareValues(a.high, b.high) || Number(b.highOpen) - Number(a.highOpen);
}
