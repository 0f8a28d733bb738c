import { FilterNode } from '../language/filter';
import { directionOf } from '../language/index-key';
import { IndexInfo } from '../storage/view';
import { boundsOf } from './bounds';
import { everything, Interval, intersection, isEverything, isPoint } from './interval';
import { isDecidedByKeys } from './key-predicate';

/** One component of an index and where a walk visits it. */
export interface ComponentBounds {
  readonly path: string;
  readonly direction: 1 | -1;
  readonly intervals: readonly Interval[];
}

/** One way to answer a filter by one index. */
export class IndexAccess {
  private keyDecided: readonly FilterNode[] | null = null;

  /**
   * @param choice which of the conjuncts bounds the component that holds arrays; -1 for none
   * @param open what the bounds leave open
   */
  constructor(
    readonly index: IndexInfo,
    readonly components: readonly ComponentBounds[],
    readonly choice: number,
    private readonly open: readonly FilterNode[],
  ) {}

  /** What the bounds leave open and the keys decide. */
  get keyFilters(): readonly FilterNode[] {
    this.keyDecided ??= this.open.filter((node) => isDecidedByKeys(node, this.index));
    return this.keyDecided;
  }

  /** What only the documents decide. */
  get documentFilters(): readonly FilterNode[] {
    return this.open.filter((node) => !this.keyFilters.includes(node));
  }

  /** The same within other bounds. */
  within(components: readonly ComponentBounds[]): IndexAccess {
    return new IndexAccess(this.index, components, this.choice, this.open);
  }
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
  if (index.multikeyPaths.size === 0) return [indexAccess(index, conjuncts, -1)];
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
  return new IndexAccess(index, components, choice, open);
}
