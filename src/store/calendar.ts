import type { mongo } from 'mongoose';

/** The calendar units that sessions are grouped by; weeks begin on Monday. */
export type CalendarUnit = 'hour' | 'day' | 'week' | 'month';

/** A period with one offset of a zone. */
export interface OffsetSpan {
  /** In milliseconds of Date.now(); -Infinity for the first span of a list. */
  readonly from: number;
  readonly offsetMs: number;
}

/** The calendar of a time zone, with its offsets in the queried time range, in order. */
export interface Calendar {
  readonly unit: CalendarUnit;
  readonly spans: readonly OffsetSpan[];
}

/** The calendar unit of an instant, as the database computes it. */
export interface UnitKey {
  readonly unit: number;
  /** For hours in zones with clock changes: the repeated hour counts separately. */
  readonly offset?: number;
}

const dayMs = 86_400_000;
const sizes = { hour: 3_600_000, day: dayMs, week: 7 * dayMs };
/** The epoch is a Thursday; its week began three days before. */
const weekShiftMs = 3 * dayMs;

type Expression = mongo.Document | Date | number;

/**
 * Expressions that compute the {@link UnitKey} of the date at `path`. They use arithmetic only, because time zone names and
 * date operators differ between versions of MongoDB.
 */
export function unitExpressions({ unit, spans }: Calendar, path: string): Record<string, Expression> {
  const bySpan = (valueOf: (offsetMs: number) => Date | number): Expression => {
    const [first, ...later] = spans.map(({ from, offsetMs }) => ({ from, value: valueOf(offsetMs) }));
    if (later.length === 0) return first!.value;
    // Latest first, because most sessions are recent.
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

/** The start of the unit. */
export function beginOf({ unit, spans }: Calendar, key: UnitKey): Date {
  if (unit === 'hour') return new Date(beginOfHour(spans, key));
  const local = localBegin(unit, key.unit);
  // The first instant whose local time is not earlier: midnight may occur twice, or not at all.
  const instants = spans.flatMap(({ from, offsetMs }, index) => {
    const instant = Math.max(from, local - offsetMs);
    return instant < (spans[index + 1]?.from ?? Infinity) ? [instant] : [];
  });
  return new Date(Math.min(...instants));
}

function localBegin(unit: 'day' | 'week' | 'month', count: number): number {
  if (unit === 'month') {
    const [year, month] = [Math.floor((count - 1) / 12), (count - 1) % 12];
    // Not Date.UTC alone, which reads the year 26 as 1926.
    return new Date(0).setUTCFullYear(year, month, 1);
  }
  return count * sizes[unit] - (unit === 'week' ? weekShiftMs : 0);
}

/** If the clocks change within an hour, its second part begins at the change. */
function beginOfHour(spans: readonly OffsetSpan[], { unit, offset }: UnitKey): number {
  const offsetMs = offset ?? spans[0]!.offsetMs;
  const begin = unit * sizes.hour - offsetMs;
  const change = spans.find(
    ({ from, offsetMs: after }) => after === offsetMs && from > begin && from < begin + sizes.hour,
  );
  return change?.from ?? begin;
}
