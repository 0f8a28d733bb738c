import { isDeepStrictEqual } from 'node:util';
import { BsonValue, isDocument } from '../language/bson-value';
import { compareValues } from '../language/compare';
import { MongoError } from '../language/errors';
import { FilterNode } from '../language/filter-node';
import { directionOf, SortKey } from '../language/index-key';
import { CollectionView, IndexInfo } from '../storage/view';
import { boundsOf, intersection, isSinglePoint } from './bounds';
import { ComponentBounds, IndexAccess, indexAccesses } from './index-access';
import { conjunctsOf, Query } from './query';

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

/**
 * The indexes that a query may use.
 * @throws MongoError BadValue for a hint that names none
 */
export function usableIndexes(
  view: CollectionView,
  hint: BsonValue | undefined,
  conjuncts: readonly FilterNode[],
): readonly IndexInfo[] {
  const usable = view.collection.indexes.filter(
    ({ specOnly, partial }) => !specOnly && (!partial || implies(conjuncts, partial)),
  );
  if (hint === undefined) return usable;
  const hinted = usable.find(
    ({ name, key }) => hint === name || (isDocument(hint) && compareValues(hint, key) === 0),
  );
  if (hinted) return [hinted];
  throw new MongoError(2, 'hint provided does not correspond to an existing index that can answer the query');
}

/** Whether what meets all the conditions meets a partial index's filter too: as it stands in them, or within its range. */
function implies(conjuncts: readonly FilterNode[], wanted: FilterNode): boolean {
  return conjunctsOf(wanted).every((condition) =>
    conjuncts.some((given) => {
      if (given.kind !== 'field' || condition.kind !== 'field' || given.path !== condition.path) return false;
      if (given.op === condition.op && isDeepStrictEqual(given.value, condition.value)) return true;
      const [inner, outer] = [given, condition].map((node) => boundsOf(node, node.path, true)) as [
        ReturnType<typeof boundsOf>,
        ReturnType<typeof boundsOf>,
      ];
      if (!inner.exact || !outer.exact) return false;
      return isDeepStrictEqual(intersection(inner.ranges, outer.ranges), inner.ranges);
    }),
  );
}

/** Which way `$natural`, in the hint or the sort, wants the collection scanned; null where it does not. */
export function naturalDirection({ hint, sort }: Query): 1 | -1 | null {
  const natural = sort.get('$natural') ?? (isDocument(hint) ? hint.get('$natural') : undefined);
  return natural === undefined ? null : directionOf(natural);
}

/** Everything the indexes offer; an index that neither narrows nor orders offers nothing. */
export function candidatesOf(
  indexes: readonly IndexInfo[],
  conjuncts: readonly FilterNode[],
  sort: readonly SortKey[],
): Candidate[] {
  return indexes
    .flatMap((index) => indexAccesses(index, conjuncts))
    .map((access) => candidate(access, sort))
    .filter(({ access, order }) => access.bounded > 0 || (order !== null && sort.length > 0));
}

export function candidate(access: IndexAccess, sort: readonly SortKey[]): Candidate {
  return {
    access,
    order: access.findsAtMostOne ? { reverse: false, mergeFrom: 0 } : walkOrder(access, sort),
  };
}

/**
 * The one place of a unique index where what the filter finds must stand, if equalities say so much: with that there is
 * nothing to choose, and no need to look at what else the indexes offer.
 */
export function placeInUniqueIndex(
  indexes: readonly IndexInfo[],
  conjuncts: readonly FilterNode[],
): IndexAccess | null {
  for (const index of indexes) {
    if (!index.unique || ![...index.key.keys()].every((path) => isGiven(path, conjuncts))) continue;
    const found = indexAccesses(index, conjuncts).find((access) => access.findsAtMostOne);
    if (found) return found;
  }
  return null;
}

function isGiven(path: string, conjuncts: readonly FilterNode[]): boolean {
  return conjuncts.some((node) => node.kind === 'field' && node.op === 'eq' && node.path === path);
}

/** Those that may be the best, of which only trying them out can tell. */
export function contenders(candidates: readonly Candidate[]): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  const unique = candidates.find(({ access }) => access.findsAtMostOne);
  if (unique) return [unique];
  const ordered = tightest(candidates.filter(({ order, access }) => order && access.bounded > 0));
  if (ordered.length > 0) {
    // Sorting few rows may be less work than walking many in order.
    const { points } = ordered[0]!.access;
    return [
      ...ordered,
      ...tightest(candidates.filter(({ order, access }) => !order && access.points > points)),
    ];
  }
  const sorting = tightest(candidates.filter(({ access }) => access.bounded > 0));
  return [...sorting, ...candidates.filter(({ access }) => access.bounded === 0).slice(0, 1)];
}

/** The longest prefix of points, then a range behind it; of those bounded alike the one that leaves least to documents. */
function tightest(candidates: readonly Candidate[]): Candidate[] {
  const tightness = ({ access: { points, bounded } }: Candidate) => points + bounded;
  const best = Math.max(...candidates.map(tightness));
  const byPaths = new Map<string, Candidate>();
  for (const next of candidates.filter((each) => tightness(each) === best)) {
    // Candidates that bound the same paths walk the same number of keys, unless arrays gave them a choice of bounds.
    const { choice, components, bounded } = next.access;
    const paths = [choice, ...components.slice(0, bounded).map(({ path }) => path)].join('\n');
    const known = byPaths.get(paths);
    if (!known || next.access.documentFilters.length < known.access.documentFilters.length)
      byPaths.set(paths, next);
  }
  return [...byPaths.values()];
}

/** How the index gives the order, or null where it does not. */
function walkOrder({ components, index, points }: IndexAccess, sort: readonly SortKey[]): WalkOrder | null {
  const isConstant = ({ path, ranges }: ComponentBounds) =>
    isSinglePoint(ranges) && !index.multikeyPaths.has(path);
  let reverse: boolean | null = null;
  let mergeFrom = 0;
  let next = 0;
  for (const part of sort) {
    if (components.some((component) => component.path === part.path && isConstant(component))) continue;
    while (next < components.length && components[next]!.path !== part.path) {
      if (isSinglePoint(components[next++]!.ranges)) continue;
      // Several points before the order begins: a walk for each.
      if (reverse !== null || next > points) return null;
      mergeFrom = next;
    }
    const component = components[next++];
    if (!component || index.multikeyPaths.has(component.path)) return null;
    const backwards = component.direction !== part.direction;
    if (reverse !== null && reverse !== backwards) return null;
    reverse = backwards;
  }
  const walks = components.slice(0, mergeFrom).reduce((product, { ranges }) => product * ranges.length, 1);
  return walks > MAX_MERGED_WALKS ? null : { reverse: reverse ?? false, mergeFrom };
}
