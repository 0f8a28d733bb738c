const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** How many of a day's calls come in each of its hours (UTC). */
const callsByHour = [1, 1, 0, 0, 1, 2, 3, 5, 8, 10, 9, 8, 6, 6, 7, 7, 6, 5, 4, 3, 3, 2, 2, 1];
const callsADay = callsByHour.reduce((sum, calls) => sum + calls, 0);

/** When each of `count` calls starts: evenly over the days before `until`, and over each day as people call. */
export function spreadStarts(count: number, days: number, until: number): (index: number) => number {
  const first = callsBefore(until - days * dayMs);
  const all = callsBefore(until) - first;
  return (index) => timeOf(first + (all * (index + 0.5)) / count);
}

/** How many calls there have been since 1970, at `callsADay` a day. */
function callsBefore(time: number): number {
  const day = Math.floor(time / dayMs);
  let calls = day * callsADay;
  let left = time - day * dayMs;
  for (const inHour of callsByHour) {
    calls += inHour * Math.min(1, left / hourMs);
    left -= hourMs;
    if (left <= 0) break;
  }
  return calls;
}

/** The reverse of it: when that many have been. */
function timeOf(calls: number): number {
  const day = Math.floor(calls / callsADay);
  let left = calls - day * callsADay;
  const hour = callsByHour.findIndex((inHour) => (left -= inHour) < 0);
  const within = 1 + left / callsByHour[hour]!;
  return day * dayMs + Math.floor((hour + within) * hourMs);
}
