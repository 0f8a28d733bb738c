import { sameJson } from '../../store/json-object';
import type { LiveSessionRow } from '../../store/live-reads';

/** Whether two states of one session are equal. */
export function sameRow(a: LiveSessionRow, b: LiveSessionRow): boolean {
  const names = Object.keys(a) as (keyof LiveSessionRow)[];
  return names.length === Object.keys(b).length && names.every((name) => sameValue(a[name], b[name]));
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  return !(b instanceof Date) && sameJson(a, b);
}
