import { FilterNode } from '../language/filter';
import { SortKey } from '../language/sort';
import { IndexInfo } from '../storage/view';
import { boundedPrefix, IndexAccess, indexAccesses, pointPrefix } from './index-access';
import { isPoint } from './interval';
import { WalkOrder, walkOrder } from './sort-order';

/** One index put to use, and what speaks for it. */
export interface Candidate {
  readonly access: IndexAccess;
  /** How it gives the wanted order; null where the rows still need sorting. */
  readonly order: WalkOrder | null;
  readonly points: number;
  readonly bounded: number;
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
    .filter(({ bounded, order }) => bounded > 0 || (order !== null && sort.length > 0));
}

export function candidate(access: IndexAccess, sort: readonly SortKey[]): Candidate {
  const order = findsAtMostOne(access) ? { reverse: false, mergeFrom: 0 } : walkOrder(access, sort);
  return { access, order, points: pointPrefix(access), bounded: boundedPrefix(access) };
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
    if (!index.unique || !isGiven(index, conjuncts)) continue;
    const found = indexAccesses(index, conjuncts).find(findsAtMostOne);
    if (found) return found;
  }
  return null;
}

/** Whether the filter says what each component of the index equals. */
function isGiven({ key }: IndexInfo, conjuncts: readonly FilterNode[]): boolean {
  for (const path of key.keys()) {
    if (!conjuncts.some((node) => node.kind === 'field' && node.op === 'eq' && node.path === path))
      return false;
  }
  return true;
}

/** Those that may be the best, of which only trying them out can tell. */
export function contenders(candidates: readonly Candidate[]): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  const unique = candidates.find(({ access }) => findsAtMostOne(access));
  if (unique) return [unique];
  const ordered = tightest(candidates.filter(({ order, bounded }) => order && bounded > 0));
  if (ordered.length > 0) {
    // Sorting few rows may be less work than walking many in order.
    const narrower = candidates.filter(({ order, points }) => !order && points > ordered[0]!.points);
    return [...ordered, ...tightest(narrower)];
  }
  const sorting = tightest(candidates.filter(({ bounded }) => bounded > 0));
  return [...sorting, ...candidates.filter(({ bounded }) => bounded === 0).slice(0, 1)];
}

/** Whether there is one place in a unique index to look at. */
function findsAtMostOne({ index, components }: IndexAccess): boolean {
  return (
    index.unique && components.every(({ intervals }) => intervals.length === 1 && isPoint(intervals[0]!))
  );
}

/** The longest prefix of points, then a range behind it; of those bounded alike the one that leaves least to documents. */
function tightest(candidates: readonly Candidate[]): Candidate[] {
  const best = Math.max(...candidates.map(tightness));
  const bySignature = new Map<string, Candidate>();
  for (const next of candidates.filter((each) => tightness(each) === best)) {
    const known = bySignature.get(signature(next));
    if (!known || openFilters(next) < openFilters(known)) bySignature.set(signature(next), next);
  }
  return [...bySignature.values()];
}

function tightness({ points, bounded }: Candidate): number {
  return 2 * points + (bounded - points);
}

function openFilters({ access }: Candidate): number {
  return access.documentFilters.length;
}

/** Candidates that bound the same paths walk the same number of keys, unless arrays gave them a choice of bounds. */
function signature({ access, bounded }: Candidate): string {
  return [access.choice, ...access.components.slice(0, bounded).map(({ path }) => path)].join('\n');
}
