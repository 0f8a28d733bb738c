import { FilterNode } from '../language/filter';
import { directionOf } from '../language/index-key';
import { IndexInfo } from '../storage/view';
import { boundsOf } from './bounds';
import { everything, Interval, intersection, isEverything, isPoint } from './interval';
import { keyPredicate } from './key-predicate';

/** One component of an index and where a walk visits it. */
export interface ComponentBounds {
  readonly path: string;
  readonly direction: 1 | -1;
  readonly intervals: readonly Interval[];
}

/** One way to answer a filter by one index. */
export interface IndexAccess {
  readonly index: IndexInfo;
  readonly components: readonly ComponentBounds[];
  /** Which of the conjuncts bounds the component that holds arrays; -1 for none. */
  readonly choice: number;
  /** What the bounds leave open and the keys decide. */
  readonly keyFilters: readonly FilterNode[];
  /** What only the documents decide. */
  readonly documentFilters: readonly FilterNode[];
}

/** How many leading components hold nothing but points: each combination is one stretch of the index. */
export function pointPrefix({ components }: IndexAccess): number {
  const end = components.findIndex(({ intervals }) => !intervals.every(isPoint));
  return end < 0 ? components.length : end;
}

/** How many leading components the filter bounds at all. */
export function boundedPrefix(access: IndexAccess): number {
  const points = pointPrefix(access);
  const next = access.components[points];
  return next && !isEverything(next.intervals) ? points + 1 : points;
}

/**
 * The ways to answer the conjunction of `conjuncts` by the index. More than one where a component holds arrays and
 * several conjuncts speak of it: only one of them can bound the walk.
 */
export function indexAccesses(index: IndexInfo, conjuncts: readonly FilterNode[]): IndexAccess[] {
  const arrayPath = [...index.key.keys()].find((path) => index.multikeyPaths.has(path));
  const choices = [...conjuncts.keys()].filter(
    (i) => arrayPath !== undefined && isBounding(conjuncts[i]!, arrayPath),
  );
  return (choices.length > 0 ? choices : [-1]).map((choice) => indexAccess(index, conjuncts, choice));
}

function isBounding(node: FilterNode, path: string): boolean {
  return !isEverything(boundsOf(node, path, true).intervals);
}

function indexAccess(index: IndexInfo, conjuncts: readonly FilterNode[], choice: number): IndexAccess {
  const settled = new Set<FilterNode>();
  let forArrays = conjuncts.slice(choice, choice + 1);
  const components = [...index.key].map(([path, direction]): ComponentBounds => {
    const holdsArrays = index.multikeyPaths.has(path);
    // Two paths below one array: each entry is of one element, and each condition may be met by another one.
    const speaking = holdsArrays ? forArrays : conjuncts;
    if (holdsArrays) forArrays = [];
    let intervals: readonly Interval[] = everything;
    for (const node of speaking) {
      const bounds = boundsOf(node, path, holdsArrays);
      if (bounds.exact) settled.add(node);
      intervals = intersection(intervals, bounds.intervals);
    }
    return { path, direction: directionOf(direction), intervals };
  });
  const open = conjuncts.filter((node) => !settled.has(node));
  const keyFilters = open.filter((node) => keyPredicate(node, index) !== null);
  return {
    index,
    components,
    choice,
    keyFilters,
    documentFilters: open.filter((node) => !keyFilters.includes(node)),
  };
}
