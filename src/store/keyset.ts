import type { mongo } from 'mongoose';
import type { PageRequest } from './page';

/** The values that lists are ordered by. */
export type KeyValue = Date | number;

/** A place in a list that is ordered by a value, with a second key for ties. */
export interface KeysetPlace {
  readonly value: KeyValue;
  readonly tie: unknown;
}

/** Both ends are optional; from is included, to is not. */
export interface Range<Value extends KeyValue> {
  readonly from?: Value | null;
  readonly to?: Value | null;
}

export type InstantRange = Range<Date>;

/** A list's order: its fields, all in one direction. */
export interface Keyset {
  readonly field: string;
  /** The tie-breaker; null if values are unique. */
  readonly tie: string | null;
  readonly ascending: boolean;
}

type Condition = mongo.Filter<mongo.Document>;

/**
 * The filter and sort of one page. An index that ends in the order's fields answers it with one range: the inclusive
 * bounds keep it a single range, and each $or only resolves ties at the first value of its place.
 */
export function keysetQuery(keyset: Keyset, page: PageRequest<KeysetPlace>, range: Range<KeyValue> | null) {
  const { field, tie, ascending } = keyset;
  const [afterOperator, beforeOperator] = ascending ? (['$gt', '$lt'] as const) : (['$lt', '$gt'] as const);
  const bounds: Record<string, KeyValue> = { ...rangeBounds(range) };
  const ties: Condition[] = [];
  if (page.after) addPlace(page.after, afterOperator);
  if (page.before) addPlace(page.before, beforeOperator);

  const condition: Condition = Object.keys(bounds).length > 0 ? { [field]: bounds } : {};
  if (ties.length === 1) Object.assign(condition, ties[0]);
  if (ties.length > 1) condition.$and = ties;
  return { condition, sort: sortOf(keyset, page.direction) };

  function addPlace(place: KeysetPlace, beyond: '$gt' | '$lt'): void {
    const bound = tie === null ? beyond : (`${beyond}e` as const);
    const present = bounds[bound];
    const isTighter =
      present === undefined || (beyond === '$gt' ? present < place.value : present > place.value);
    if (isTighter) bounds[bound] = place.value;
    if (tie === null) return;
    ties.push({ $or: [{ [field]: { [beyond]: place.value } }, { [tie]: { [beyond]: place.tie } }] });
  }
}

/** A range as a condition on one field; null if it is unbounded. */
export function rangeBounds(range: Range<KeyValue> | null): Record<string, KeyValue> | null {
  if (range?.from == null && range?.to == null) return null;
  return { ...(range.from != null && { $gte: range.from }), ...(range.to != null && { $lt: range.to }) };
}

function sortOf(
  { field, tie, ascending }: Keyset,
  direction: 'forward' | 'backward',
): Record<string, 1 | -1> {
  const step = ascending === (direction === 'forward') ? 1 : -1;
  return { [field]: step, ...(tie !== null && { [tie]: step }) };
}
