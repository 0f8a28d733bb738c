import { isDeepStrictEqual } from 'node:util';
import { FilterNode } from '../language/filter';
import { KeyField } from '../language/index-key';
import { StoredIndex } from '../storage/catalog';
import { boundsOf, conjunctsOf, everything, inDirection, intersection, KeyRange } from './bounds';

/** More places than this are not looked up one by one: listing them would hold up others. */
const MAX_PLACES = 20_000;
/** More walks than this are not merged: sorting is cheaper then. */
const MAX_MERGED_WALKS = 500;

/**
 * One way to answer a filter. By an index: leading components that hold nothing but points, and perhaps one of ranges
 * behind them; what else the filter says is decided on keys or documents.
 */
export interface Access {
  /** Null for the whole collection, in the order of insertion. */
  readonly index: StoredIndex | null;
  /** Of the leading components: ranges, ascending whichever way the component goes. */
  readonly bounds: readonly (readonly KeyRange[])[];
  /** How many leading components hold nothing but points. */
  readonly points: number;
  /** Which of the conditions bounds the component that holds arrays; -1 for none. */
  readonly choice: number;
  /** What the bounds leave open: decided on the keys, which tell nearly always, or on the documents only. */
  readonly keyFilters: readonly FilterNode[];
  readonly filters: readonly FilterNode[];
  /** How its walks give the wanted order, if they do; otherwise null. */
  readonly order: WalkOrder | null;
}

export interface WalkOrder {
  readonly reverse: boolean;
  /** The components before this one are fixed in each of several walks, which are merged by what follows; 0: one walk. */
  readonly mergeFrom: number;
}

/** The order of rows of which none is wanted. */
export const anyOrder: WalkOrder = { reverse: false, mergeFrom: 0 };

/** A piece of an index. */
type Place = Omit<KeyRange, 'isPoint'>;

/** One walk of an access. */
export interface Walk {
  readonly access: Access;
  /** Where in the index, in the order of the walk; just one for a collection. */
  readonly places: readonly Place[];
  /** The length of what all its keys begin with where walks are merged by what follows; otherwise 0. */
  readonly fixed: number;
}

/**
 * What the indexes offer to a query with these conditions. Where equalities name the one place in a unique index, there is
 * nothing to choose.
 */
export function candidatesOf(
  indexes: readonly StoredIndex[],
  conjuncts: readonly FilterNode[],
  sort: readonly KeyField[],
): Access[] {
  const isGiven = ({ path }: { path: string }) =>
    conjuncts.some((node) => node.kind === 'field' && node.op === 'eq' && node.path === path);
  const only = indexes.find(({ unique, partial, paths }) => unique && !partial && paths.every(isGiven));
  const usable = only ? [only] : indexes.filter(({ partial }) => !partial || implies(conjuncts, partial));
  return usable.flatMap((index) =>
    choicesOf(index, conjuncts).map((choice) => accessBy(index, conjuncts, choice, sort)),
  );
}

/** Whether what meets all the conditions meets a partial index's filter too: as it stands in them, or within its range. */
function implies(conjuncts: readonly FilterNode[], wanted: FilterNode): boolean {
  return conjunctsOf(wanted).every((condition) =>
    conjuncts.some((given) => {
      if (isDeepStrictEqual(given, condition)) return true;
      if (condition.kind !== 'field') return false;
      const outer = boundsOf(condition, condition.path, true);
      const { ranges } = boundsOf(given, condition.path, true);
      return outer.exact && isDeepStrictEqual(intersection(ranges, outer.ranges), ranges);
    }),
  );
}

/**
 * Which conditions may bound the component that holds arrays: each of several may be met by another element, so only one
 * of them can bound a walk.
 */
function choicesOf({ multikeyPaths, paths }: StoredIndex, conjuncts: readonly FilterNode[]): number[] {
  const arrays = paths.find(({ path }) => multikeyPaths.has(path));
  if (!arrays) return [-1];
  const isBounding = (node: FilterNode) => boundsOf(node, arrays.path, true).ranges !== everything;
  const choices = [...conjuncts.keys()].filter((i) => isBounding(conjuncts[i]!));
  return choices.length > 0 ? choices : [-1];
}

function accessBy(
  index: StoredIndex,
  conjuncts: readonly FilterNode[],
  choice: number,
  sort: readonly KeyField[],
): Access {
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
  const left = conjuncts.filter((node) => !settled.has(node));
  const keyFilters = left.filter((node) => isToldByKeys(node, index));
  const filters = keyFilters.length > 0 ? left.filter((node) => !keyFilters.includes(node)) : left;
  const order = sort.length === 0 ? anyOrder : walkOrder(index, bounds, points, sort);
  return { index, bounds, points, choice, keyFilters, filters, order };
}

/** Conditions that take what is missing for null, as keys do. */
const TOLD = new Set<string>('eq in lt lte gt gte'.split(' '));

/** Whether keys decide it. Of an array they do not: the entry at hand is one element of many. */
function isToldByKeys(node: FilterNode, index: StoredIndex): boolean {
  if (node.kind !== 'field') return node.children.every((child) => isToldByKeys(child, index));
  const { op, path } = node;
  return TOLD.has(op) && index.key.has(path) && !path.includes('.') && !index.multikeyPaths.has(path);
}

/** How the index gives the order, if it does: its components must go on as the order does. */
function walkOrder(
  { paths, multikeyPaths }: StoredIndex,
  bounds: Access['bounds'],
  points: number,
  sort: readonly KeyField[],
): WalkOrder | null {
  const constant = paths.filter(({ path }, i) => isConstant(bounds[i]) && !multikeyPaths.has(path));
  const wanted = sort.filter(({ path }) => constant.every((component) => component.path !== path));
  const first = paths.findIndex(({ path }) => path === wanted[0]?.path);
  const reverse = paths[first]?.direction !== wanted[0]?.direction;
  const isGiven = wanted.every(({ path, direction }, i) => {
    const component = paths[first + i];
    if (component?.path !== path || multikeyPaths.has(path)) return false;
    return (component.direction !== direction) === reverse;
  });
  // Several places before the order begins: a walk for each.
  const walks = bounds.slice(0, Math.max(first, 0)).reduce((product, { length }) => product * length, 1);
  if (!isGiven || first > points || walks > MAX_MERGED_WALKS) return null;
  return { reverse, mergeFrom: walks === 1 ? 0 : first };
}

/** Whether a component bounded like this has the same value in all entries of the walk. */
function isConstant(ranges: readonly KeyRange[] | undefined): boolean {
  return ranges?.length === 1 && ranges[0]!.isPoint;
}

/** Whether one document can have several entries in the walk. */
export function findsTwice({ index, bounds }: Access): boolean {
  if (!index?.multikey) return false;
  return index.paths.some(({ path }, i) => index.multikeyPaths.has(path) && !isConstant(bounds[i]));
}

/**
 * Those that may be the best, of which only trying them out can tell: the tightest in order, and those that sorting may
 * be worth, because it takes fewer rows than many in order.
 */
export function contenders(candidates: readonly Access[], isSorted: boolean): readonly Access[] {
  const isUseful = ({ bounds, order }: Access) => bounds.length > 0 || (isSorted && order !== null);
  const useful = candidates.filter(isUseful);
  if (useful.length < 2) return useful;
  const ordered = tightest(useful.filter(({ order }) => order));
  const most = ordered[0] ? tightness(ordered[0]) : 0;
  const sorting = useful.filter((each) => !each.order && tightness(each) > most);
  return [...ordered, ...tightest(sorting)];
}

/** The longest prefix of points, then a range behind it. */
function tightness({ points, bounds }: Access): number {
  return points + bounds.length;
}

/** Of those bounded alike, the one that leaves least to documents. */
function tightest(candidates: readonly Access[]): readonly Access[] {
  const most = Math.max(...candidates.map(tightness));
  const best = candidates.filter((each) => tightness(each) === most);
  best.sort((a, b) => a.filters.length - b.filters.length);
  const bounded = best.map(({ choice, index, bounds }) =>
    [choice, ...bounds.map((_, i) => index!.paths[i]!.path)].join('\n'),
  );
  return best.filter((_, i) => bounded.indexOf(bounded[i]!) === i);
}

/** The walks of an access: one, or several to be merged, for each combination of what is fixed in them. */
export function walksOf(access: Access): Walk[] {
  const { mergeFrom, reverse } = access.order ?? anyOrder;
  return placesBehind(everything, access, 0, mergeFrom).map((head) => {
    const places = placesBehind([head], access, mergeFrom, access.bounds.length);
    return { access, places: reverse ? places.toReversed() : places, fixed: head.low.length };
  });
}

/** The places that the bounds of some components make of those before them, ascending. */
function placesBehind(
  heads: readonly Place[],
  { index, bounds }: Access,
  from: number,
  to: number,
): readonly Place[] {
  let places = heads;
  for (let i = from; i < to; i++) {
    const ranges = inDirection(bounds[i]!, index!.paths[i]!.direction);
    places = places.flatMap((head) =>
      ranges.map(({ low, high }) => ({ low: joined(head.low, low), high: joined(head.low, high) })),
    );
  }
  return places;
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  return head.length === 0 ? tail : Buffer.concat([head, tail]);
}
