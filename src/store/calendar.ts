import type { mongo } from 'mongoose';

/** The spans of the calendar that sessions are grouped by; weeks begin on Monday. */
export type CalendarUnit = 'hour' | 'day' | 'week' | 'month';

/** A time during which the clocks of a zone are one offset ahead of UTC. */
export interface OffsetSpan {
  /** In milliseconds of Date.now(); the first span of a list goes back forever. */
  readonly from: number;
  readonly offsetMs: number;
}

/** The calendar of a time zone, with all the offsets that its clocks have in the time that matters, in order. */
export interface Calendar {
  readonly unit: CalendarUnit;
  readonly spans: readonly OffsetSpan[];
}

/** Which unit of a calendar an instant lies in, as the database counts them. */
export interface UnitKey {
  readonly unit: number;
  /** Hours only, where the clocks change: the hour that comes twice is two. */
  readonly offset?: number;
}

const dayMs = 86_400_000;
const sizes = { hour: 3_600_000, day: dayMs, week: 7 * dayMs };
/** The epoch is a Thursday; the week it lies in began three days before it. */
const weekShiftMs = 3 * dayMs;

type Expression = mongo.Document | Date | number;

/**
 * Expressions that make a {@link UnitKey} of the date at `path`. Of arithmetic only: names of time zones and operators
 * for dates differ from one version of MongoDB to the next.
 */
export function unitExpressions({ unit, spans }: Calendar, path: string): Record<string, Expression> {
  const bySpan = (valueOf: (offsetMs: number) => Date | number): Expression => {
    const [first, ...later] = spans.map(({ from, offsetMs }) => ({ from, value: valueOf(offsetMs) }));
    if (later.length === 0) return first!.value;
    // The latest first: it is where most sessions are.
    const branches = later
      .reverse()
      .map(({ from, value }) => ({ case: { $gte: [path, new Date(from)] }, then: value }));
    return { $switch: { branches, default: first!.value } };
  };
  if (unit === 'month') {
    const local = { $subtract: [path, bySpan((offsetMs) => -offsetMs)] };
    return { unit: { $add: [{ $multiply: [{ $year: local }, 12] }, { $month: local }] } };
  }
  const shiftMs = unit === 'week' ? weekShiftMs : 0;
  const local = { $subtract: [path, bySpan((offsetMs) => new Date(-offsetMs - shiftMs))] };
  return {
    unit: { $floor: { $divide: [local, sizes[unit]] } },
    ...(unit === 'hour' && spans.length > 1 && { offset: bySpan((offsetMs) => offsetMs) }),
  };
}

/** When the unit begins. */
export function beginOf({ unit, spans }: Calendar, key: UnitKey): Date {
  if (unit === 'hour') return new Date(beginOfHour(spans, key));
  const local = localBegin(unit, key.unit);
  // The first instant whose local time is no earlier: midnight may come twice, or not at all.
  const instants = spans.flatMap(({ from, offsetMs }, index) => {
    const instant = Math.max(from, local - offsetMs);
    return instant < (spans[index + 1]?.from ?? Infinity) ? [instant] : [];
  });
  return new Date(Math.min(...instants));
}

function localBegin(unit: 'day' | 'week' | 'month', count: number): number {
  if (unit === 'month') {
    const [year, month] = [Math.floor((count - 1) / 12), (count - 1) % 12];
    // Not Date.UTC alone, to which the year 26 is 1926.
    return new Date(0).setUTCFullYear(year, month, 1);
  }
  return count * sizes[unit] - (unit === 'week' ? weekShiftMs : 0);
}

/** Where the clocks change within an hour, what is left of it begins at the change. */
function beginOfHour(spans: readonly OffsetSpan[], { unit, offset }: UnitKey): number {
  const offsetMs = offset ?? spans[0]!.offsetMs;
  const begin = unit * sizes.hour - offsetMs;
  const change = spans.find(
    ({ from, offsetMs: after }) => after === offsetMs && from > begin && from < begin + sizes.hour,
  );
  return change?.from ?? begin;
}
