import type { mongo } from 'mongoose';
import type { PageRequest } from './page';

/** A point in a list that is ordered by an instant, and by a second key that settles equal instants. */
export interface KeysetPlace {
  readonly instant: Date;
  readonly tie: unknown;
}

/** Both ends are optional; from is included, to is not. */
export interface InstantRange {
  readonly from?: Date | null;
  readonly to?: Date | null;
}

/** A list's order: its two fields, both in one direction. */
export interface Keyset {
  readonly instant: string;
  readonly tie: string;
  readonly ascending: boolean;
}

type Condition = mongo.Filter<mongo.Document>;

/**
 * The condition and the sort of one page. An index that ends in both fields answers them in one walk: the inclusive
 * bounds keep it one range, and each $or only settles the ties on the first instant of its place.
 */
export function keysetQuery(keyset: Keyset, page: PageRequest<KeysetPlace>, range: InstantRange | null) {
  const [afterOperator, beforeOperator] = keyset.ascending
    ? (['$gt', '$lt'] as const)
    : (['$lt', '$gt'] as const);
  const bounds: Record<string, Date> = {};
  const ties: Condition[] = [];
  if (range?.from) bounds.$gte = range.from;
  if (range?.to) bounds.$lt = range.to;
  if (page.after) addPlace(page.after, afterOperator);
  if (page.before) addPlace(page.before, beforeOperator);

  const condition: Condition = Object.keys(bounds).length > 0 ? { [keyset.instant]: bounds } : {};
  if (ties.length === 1) Object.assign(condition, ties[0]);
  if (ties.length > 1) condition.$and = ties;
  return { condition, sort: sortOf(keyset, page.direction) };

  function addPlace({ instant, tie }: KeysetPlace, beyond: '$gt' | '$lt'): void {
    const inclusive = `${beyond}e`;
    const present = bounds[inclusive];
    if (present === undefined || present < instant) bounds[inclusive] = instant;
    ties.push({ $or: [{ [keyset.instant]: { [beyond]: instant } }, { [keyset.tie]: { [beyond]: tie } }] });
  }
}

function sortOf(
  { instant, tie, ascending }: Keyset,
  direction: 'forward' | 'backward',
): Record<string, 1 | -1> {
  const step = ascending === (direction === 'forward') ? 1 : -1;
  return { [instant]: step, [tie]: step };
}
