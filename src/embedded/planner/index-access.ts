import { isDeepStrictEqual } from 'node:util';
import { FilterNode } from '../language/filter';
import { SortKey } from '../language/index-key';
import { StoredIndex } from '../storage/catalog';
import { boundsOf, conjunctsOf, everything, inDirection, intersection, KeyRange } from './bounds';
import { KeyTest, keyTestOf } from './key-tests';

/** More places than this are not looked up one by one: listing them would hold up others. */
const MAX_PLACES = 20_000;
/** More walks than this are not merged: sorting is cheaper then. */
const MAX_MERGED_WALKS = 500;

/** Whether the walks of an access give a wanted order, perhaps in reverse; otherwise the rows still need sorting. */
interface WalkOrder {
  readonly isOrdered: boolean;
  readonly reverse: boolean;
  /** The components before this one are fixed in each of several walks, which are merged by what follows; 0: one walk. */
  readonly mergeFrom: number;
}

/**
 * One way to answer a filter by one index: leading components that hold nothing but points, and perhaps one of ranges
 * behind them. What else the filter says is decided on keys or documents.
 */
export interface IndexAccess {
  readonly index: StoredIndex;
  /** Of the leading components: ranges, ascending whichever way the component goes. */
  readonly bounds: readonly (readonly KeyRange[])[];
  /** How many leading components hold nothing but points. */
  readonly points: number;
  /** Which of the conditions bounds the component that holds arrays; -1 for none. */
  readonly choice: number;
  /** What the bounds leave open and each key decides. */
  readonly keyTests: readonly KeyTest[];
  /** What only the documents decide. */
  readonly documentFilters: readonly FilterNode[];
  readonly order: WalkOrder;
}

/** A piece of an index. */
export type Place = Omit<KeyRange, 'isPoint'>;

/**
 * What the indexes offer to a query with these conditions. Where equalities name the one place in a unique index, there is
 * nothing to choose.
 */
export function candidatesOf(
  indexes: readonly StoredIndex[],
  conjuncts: readonly FilterNode[],
  sort: readonly SortKey[],
): IndexAccess[] {
  const isGiven = ({ path }: { path: string }) =>
    conjuncts.some((node) => node.kind === 'field' && node.op === 'eq' && node.path === path);
  const only = indexes.find(({ unique, partial, paths }) => unique && !partial && paths.every(isGiven));
  const usable = only ? [only] : indexes.filter(({ partial }) => !partial || implies(conjuncts, partial));
  return usable.flatMap((index) =>
    choicesOf(index, conjuncts).map((choice) => indexAccess(index, conjuncts, choice, sort)),
  );
}

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
 * Which conditions may bound the component that holds arrays: each of several may be met by another element, so only one
 * of them can bound a walk.
 */
function choicesOf({ multikey, multikeyPaths, paths }: StoredIndex, conjuncts: readonly FilterNode[]) {
  const arrays = multikey && paths.find(({ path }) => multikeyPaths.has(path));
  if (!arrays) return [-1];
  const isBounding = (node: FilterNode) => boundsOf(node, arrays.path, true).ranges !== everything;
  const choices = [...conjuncts.keys()].filter((i) => isBounding(conjuncts[i]!));
  return choices.length > 0 ? choices : [-1];
}

function indexAccess(
  index: StoredIndex,
  conjuncts: readonly FilterNode[],
  choice: number,
  sort: readonly SortKey[],
): IndexAccess {
  const settled = new Set<FilterNode>();
  const bounds: (readonly KeyRange[])[] = [];
  // Two paths below one array: each entry is of one element, and each condition may be met by another one.
  const forArrays = conjuncts.slice(choice, choice + 1);
  let [places, points] = [1, 0];
  for (const { path } of index.paths) {
    const holdsArrays = index.multikeyPaths.has(path);
    let ranges = everything;
    const exact: FilterNode[] = [];
    for (const node of holdsArrays ? forArrays.splice(0) : conjuncts) {
      const own = boundsOf(node, path, holdsArrays);
      ranges = intersection(ranges, own.ranges);
      if (own.exact) exact.push(node);
    }
    places *= ranges.length;
    if (ranges === everything || places > MAX_PLACES) break;
    bounds.push(ranges);
    for (const node of exact) settled.add(node);
    if (!ranges.every(({ isPoint }) => isPoint)) break;
    points++;
  }
  const keyTests: KeyTest[] = [];
  const documentFilters: FilterNode[] = [];
  for (const node of conjuncts) {
    if (settled.has(node)) continue;
    const test = keyTestOf(node, index);
    if (test) keyTests.push(test);
    else documentFilters.push(node);
  }
  const order = walkOrder(index, bounds, points, sort);
  return { index, bounds, points, choice, keyTests, documentFilters, order };
}

const inOrder = { isOrdered: true, reverse: false, mergeFrom: 0 };
const unordered = { ...inOrder, isOrdered: false };

/** How the index gives the order, if it does: its components must go on as the order does. */
function walkOrder(
  { paths, multikeyPaths }: StoredIndex,
  bounds: IndexAccess['bounds'],
  points: number,
  sort: readonly SortKey[],
): WalkOrder {
  if (sort.length === 0) return inOrder;
  const constant = paths.filter(({ path }, i) => isConstant(bounds[i]) && !multikeyPaths.has(path));
  const wanted = sort.filter(({ path }) => constant.every((component) => component.path !== path));
  const first = paths.findIndex(({ path }) => path === wanted[0]?.path);
  const reverse = paths[first]?.direction !== wanted[0]?.direction;
  const isGiven = wanted.every(({ path, direction }, i) => {
    const component = paths[first + i];
    if (component?.path !== path || multikeyPaths.has(path)) return false;
    return (component.direction !== direction) === reverse;
  });
  if (!isGiven || first > points) return unordered;
  // Several places before the order begins: a walk for each.
  const before = bounds.slice(0, Math.max(first, 0));
  const walks = before.reduce((product, { length }) => product * length, 1);
  if (walks > MAX_MERGED_WALKS) return unordered;
  return { isOrdered: true, reverse, mergeFrom: walks === 1 ? 0 : first };
}

/** Whether a component bounded like this has the same value in all entries of the walk. */
function isConstant(ranges: readonly KeyRange[] | undefined): boolean {
  return ranges?.length === 1 && ranges[0]!.isPoint;
}

/** Whether one document can have several entries in the walk. */
export function findsTwice({ index: { multikey, multikeyPaths, paths }, bounds }: IndexAccess): boolean {
  return multikey && paths.some(({ path }, i) => multikeyPaths.has(path) && !isConstant(bounds[i]));
}

/**
 * Those that may be the best, of which only trying them out can tell: the tightest in order, and those that sorting may
 * be worth, because it takes fewer rows than many in order.
 */
export function contenders(candidates: readonly IndexAccess[], isSorted: boolean): readonly IndexAccess[] {
  const bounded = candidates.filter(({ bounds }) => bounds.length > 0);
  if (candidates.length === 1 && bounded.length === 1) return candidates;
  const ordered = tightest(bounded.filter(({ order }) => order.isOrdered));
  const most = ordered[0]?.points ?? -1;
  const sorting = tightest(bounded.filter(({ order, points }) => !order.isOrdered && points > most));
  const whole = candidates.find(({ order, bounds }) => isSorted && order.isOrdered && bounds.length === 0);
  return [...ordered, ...sorting, ...(whole && ordered.length === 0 ? [whole] : [])];
}

/** The longest prefix of points, then a range behind it; of those bounded alike the one that leaves least to documents. */
function tightest(candidates: readonly IndexAccess[]): readonly IndexAccess[] {
  const looseness = ({ points, bounds }: IndexAccess) => -points - bounds.length;
  const left = ({ documentFilters }: IndexAccess) => documentFilters.length;
  const sorted = candidates.toSorted((a, b) => looseness(a) - looseness(b) || left(a) - left(b));
  const best = sorted.filter((each) => looseness(each) === looseness(sorted[0]!));
  const bounded = best.map(({ choice, index: { paths }, bounds }) =>
    [choice, ...paths.slice(0, bounds.length).map(({ path }) => path)].join('\n'),
  );
  return best.filter((_, i) => bounded.indexOf(bounded[i]!) === i);
}

/** What the first `count` bounds make up, ascending: a place for each combination of their ranges. */
export function placesOf({ index, bounds }: IndexAccess, count = bounds.length): readonly Place[] {
  let places: readonly Place[] = everything;
  for (let i = 0; i < count; i++) {
    const ranges = inDirection(bounds[i]!, index.paths[i]!.direction);
    places = places.flatMap((head) =>
      ranges.map(({ low, high }) => ({ low: joined(head.low, low), high: joined(head.low, high) })),
    );
  }
  return places;
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  return head.length === 0 ? tail : Buffer.concat([head, tail]);
}
