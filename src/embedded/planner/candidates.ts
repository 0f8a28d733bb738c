import { isDeepStrictEqual } from 'node:util';
import { FilterNode } from '../language/filter';
import { directionOf, SortKey } from '../language/index-key';
import { StoredIndex } from '../storage/catalog';
import { boundsOf, intersection } from './bounds';
import { IndexAccess, indexAccesses, isConstant } from './index-access';
import { conjunctsOf } from './query';

/** How the walks of an access come to give a wanted order. */
export interface WalkOrder {
  readonly reverse: boolean;
  /** The components before this one are fixed in each of several walks, which are merged by what follows; 0: one walk. */
  readonly mergeFrom: number;
}

/** One index put to use. */
export interface Candidate {
  readonly access: IndexAccess;
  /** How it gives the wanted order; null where the rows still need sorting. */
  readonly order: WalkOrder | null;
}

/** More walks than this are not merged: sorting is cheaper then. */
const MAX_MERGED_WALKS = 500;

/** Whether what meets all the conditions meets a partial index's filter too: as it stands in them, or within its range. */
function implies(conjuncts: readonly FilterNode[], wanted: FilterNode): boolean {
  return conjunctsOf(wanted).every((condition) =>
    conjuncts.some((given) => {
      if (given.kind !== 'field' || condition.kind !== 'field' || given.path !== condition.path) return false;
      const inner = boundsOf(given, given.path, true);
      const outer = boundsOf(condition, given.path, true);
      if (!inner.exact || !outer.exact) return isDeepStrictEqual(given, condition);
      return isDeepStrictEqual(intersection(inner.ranges, outer.ranges), inner.ranges);
    }),
  );
}

/**
 * What the indexes offer to a query with these conditions. Where equalities name the one place in a unique index, there is
 * nothing to choose.
 */
export function candidatesOf(
  indexes: readonly StoredIndex[],
  conjuncts: readonly FilterNode[],
  sort: readonly SortKey[],
): Candidate[] {
  const isGiven = (path: string) =>
    conjuncts.some((node) => node.kind === 'field' && node.op === 'eq' && node.path === path);
  const isOnlyPlace = ({ unique, partial, key }: StoredIndex) =>
    unique && !partial && [...key.keys()].every(isGiven);
  const only = indexes.find(isOnlyPlace);
  const usable = only ? [only] : indexes.filter(({ partial }) => !partial || implies(conjuncts, partial));
  return usable
    .flatMap((index) => indexAccesses(index, conjuncts))
    .map((access) => ({ access, order: walkOrder(access, sort) }));
}

/**
 * Those that may be the best, of which only trying them out can tell: the tightest in order, and those that sorting may
 * be worth, because it takes fewer rows than many in order.
 */
export function contenders(candidates: readonly Candidate[], isSorted: boolean): readonly Candidate[] {
  if (candidates.length === 1 && candidates[0]!.access.bounds.length > 0) return candidates;
  const bounded = candidates.filter(({ access }) => access.bounds.length > 0);
  const ordered = tightest(bounded.filter(({ order }) => order));
  const points = ordered[0]?.access.points ?? -1;
  const sorting = tightest(bounded.filter(({ order, access }) => !order && access.points > points));
  const whole = candidates.filter(({ order, access }) => isSorted && order && access.bounds.length === 0);
  return [...ordered, ...sorting, ...(ordered.length > 0 ? [] : whole.slice(0, 1))];
}

/** The longest prefix of points, then a range behind it; of those bounded alike the one that leaves least to documents. */
function tightest(candidates: readonly Candidate[]): readonly Candidate[] {
  const tightness = ({ access: { points, bounds } }: Candidate) => points + bounds.length;
  const most = Math.max(...candidates.map(tightness));
  const byPaths = new Map<string, Candidate>();
  for (const next of candidates.filter((each) => tightness(each) === most)) {
    const { choice, index, bounds, documentFilters } = next.access;
    const paths = [choice, ...[...index.key.keys()].slice(0, bounds.length)].join('\n');
    const known = byPaths.get(paths)?.access.documentFilters.length ?? Infinity;
    if (documentFilters.length < known) byPaths.set(paths, next);
  }
  return [...byPaths.values()];
}

/** How the index gives the order, or null where it does not: its components must go on as the order does. */
function walkOrder(access: IndexAccess, sort: readonly SortKey[]): WalkOrder | null {
  if (sort.length === 0) return { reverse: false, mergeFrom: 0 };
  const { key, multikeyPaths } = access.index;
  const components = [...key].map(([path, order]) => ({ path, direction: directionOf(order) }));
  const constant = components.filter(({ path }, i) => isConstant(access, i) && !multikeyPaths.has(path));
  const wanted = sort.filter(({ path }) => constant.every((component) => component.path !== path));
  const first = components.findIndex(({ path }) => path === wanted[0]?.path);
  const reverse = components[first]?.direction !== wanted[0]?.direction;
  const isGiven = wanted.every(({ path, direction }, i) => {
    const component = components[first + i];
    if (component?.path !== path || multikeyPaths.has(path)) return false;
    return (component.direction !== direction) === reverse;
  });
  if (!isGiven || first > access.points) return null;
  // Several places before the order begins: a walk for each.
  const walks = access.bounds
    .slice(0, Math.max(first, 0))
    .reduce((product, { length }) => product * length, 1);
  return walks > MAX_MERGED_WALKS ? null : { reverse, mergeFrom: walks === 1 ? 0 : first };
}
