import { BsonDocument } from '../language/bson-value';
import { FilterNode } from '../language/filter-node';
import { directionOf } from '../language/index-key';
import { endOfKeyComponent, KeyDecoder } from '../language/key-decoder';
import { IndexEntry, IndexInfo } from '../storage/view';
import {
  afterPrefix,
  boundsOf,
  everything,
  inDirection,
  intersection,
  isEverything,
  isSinglePoint,
  joined,
  KeyRange,
} from './bounds';

/** One component of an index and where a walk visits it; the ranges are ascending, whichever way the component goes. */
export interface ComponentBounds {
  readonly path: string;
  readonly direction: 1 | -1;
  readonly ranges: readonly KeyRange[];
}

type KeyTest = (key: KeyReader) => boolean;

/** One way to answer a filter by one index. */
export class IndexAccess {
  private decided: readonly FilterNode[] | null = null;
  /** How many leading components hold nothing but points: each combination is one range of the index. */
  readonly points: number;
  /** How many leading components the filter bounds at all. */
  readonly bounded: number;

  /**
   * @param choice which of the conditions bounds the component that holds arrays; -1 for none
   * @param open what the bounds leave open
   */
  constructor(
    readonly index: IndexInfo,
    readonly components: readonly ComponentBounds[],
    readonly choice: number,
    private readonly open: readonly FilterNode[],
  ) {
    const end = components.findIndex(({ ranges }) => !ranges.every(({ isPoint }) => isPoint));
    this.points = end < 0 ? components.length : end;
    const next = components[this.points];
    this.bounded = next && !isEverything(next.ranges) ? this.points + 1 : this.points;
  }

  /** What the bounds leave open and the keys decide, before anything is fetched. */
  get keyFilters(): readonly FilterNode[] {
    this.decided ??= this.open.filter((node) => isDecidedByKeys(node, this.index));
    return this.decided;
  }

  /** What only the documents decide. */
  get documentFilters(): readonly FilterNode[] {
    return this.open.filter((node) => !this.keyFilters.includes(node));
  }

  /** Whether there is one place in a unique index to look at. */
  get findsAtMostOne(): boolean {
    return this.index.unique && this.components.every(({ ranges }) => isSinglePoint(ranges));
  }

  /** Whether one document can have several entries in the walk. */
  get findsTwice(): boolean {
    const { multikeyPaths } = this.index;
    return this.components.some(({ path, ranges }) => multikeyPaths.has(path) && !isSinglePoint(ranges));
  }

  /** The walk in parts: one for each combination of points in the first `count` components. */
  splitByPoints(count: number): IndexAccess[] {
    let heads: ComponentBounds[][] = [[]];
    for (const component of this.components.slice(0, count)) {
      heads = heads.flatMap((head) =>
        component.ranges.map((range) => [...head, { ...component, ranges: [range] }]),
      );
    }
    const rest = this.components.slice(count);
    return heads.map((head) => new IndexAccess(this.index, [...head, ...rest], this.choice, this.open));
  }

  /**
   * The pieces of the index that the access walks, in the order of the walk: one for each combination of leading points,
   * cut down by the ranges of the component behind them. What later components ask for is left to the keys.
   */
  ranges(reverse: boolean): Iterable<Omit<KeyRange, 'isPoint'>> {
    const lists = this.components
      .slice(0, this.bounded)
      .map(({ ranges, direction }) => inDirection(ranges, direction));
    const nothing = new Uint8Array();
    if (lists.length === 0) return [{ low: nothing, high: afterPrefix(nothing) }];
    if (lists.every(({ length }) => length === 1)) return [rangeWithin(nothing, lists, 0)];
    return combinations(reverse ? lists.map((list) => [...list].reverse()) : lists, 0, nothing);
  }

  /** What the ranges leave open, to be decided on each key; null when that is nothing. */
  keyTest(): ((key: Uint8Array) => boolean) | null {
    const { index } = this;
    const later = this.components.slice(this.points + 1).filter(({ ranges }) => !isEverything(ranges));
    const tests = [
      ...later.map(({ path, ranges }) => componentTest(index, path, ranges)),
      ...this.keyFilters.map((node) => keyFilterTest(node, index)),
    ];
    if (tests.length === 0) return null;
    const reader = new KeyReader();
    return (key) => {
      reader.read(key);
      return tests.every((test) => test(reader));
    };
  }

  /**
   * Makes what decodes top-level fields out of entries: null for a key that does not say one of them exactly. Null itself
   * where the index does not have all of the fields, or holds arrays. A document is good until the next one is made.
   */
  decoderOf(fields: ReadonlySet<string>): ((entry: IndexEntry) => BsonDocument | null) | null {
    const names = this.components.map(({ path }) => path);
    if (this.index.multikey || [...fields].some((field) => !names.includes(field))) return null;
    const wanted = names.map((name) => fields.has(name));
    const count = wanted.lastIndexOf(true) + 1;
    const decoder = new KeyDecoder();
    const document: BsonDocument = new Map();
    return ({ stored, keyStart }) => {
      decoder.begin(stored, keyStart);
      for (let i = 0; i < count; i++) {
        if (!wanted[i]) {
          decoder.skip();
          continue;
        }
        const value = decoder.next();
        if (value === undefined) return null;
        document.set(names[i]!, value);
      }
      return document;
    };
  }
}

function rangeWithin(head: Uint8Array, lists: readonly (readonly KeyRange[])[], depth: number) {
  for (; depth < lists.length - 1; depth++) head = joined(head, lists[depth]![0]!.low);
  const [{ low, high }] = lists[depth] as [KeyRange];
  return { low: joined(head, low), high: joined(head, high) };
}

function* combinations(
  lists: readonly (readonly KeyRange[])[],
  depth: number,
  head: Uint8Array,
): Generator<Omit<KeyRange, 'isPoint'>> {
  for (const { low, high } of lists[depth]!) {
    if (depth < lists.length - 1) yield* combinations(lists, depth + 1, joined(head, low));
    else yield { low: joined(head, low), high: joined(head, high) };
  }
}

/**
 * The ways to answer the conjunction of `conjuncts` by the index. More than one where a component holds arrays and
 * several conjuncts speak of it: only one of them can bound the walk.
 */
export function indexAccesses(index: IndexInfo, conjuncts: readonly FilterNode[]): IndexAccess[] {
  const arrayPath = index.multikey
    ? [...index.key.keys()].find((path) => index.multikeyPaths.has(path))
    : undefined;
  if (arrayPath === undefined) return [indexAccess(index, conjuncts, -1)];
  const choices = [...conjuncts.keys()].filter(
    (i) => !isEverything(boundsOf(conjuncts[i]!, arrayPath, true).ranges),
  );
  return (choices.length > 0 ? choices : [-1]).map((choice) => indexAccess(index, conjuncts, choice));
}

function indexAccess(index: IndexInfo, conjuncts: readonly FilterNode[], choice: number): IndexAccess {
  const settled = new Set<FilterNode>();
  let forArrays = conjuncts.slice(choice, choice + 1);
  const components = [...index.key].map(([path, order]): ComponentBounds => {
    const holdsArrays = index.multikeyPaths.has(path);
    // Two paths below one array: each entry is of one element, and each condition may be met by another one.
    const speaking = holdsArrays ? forArrays : conjuncts;
    if (holdsArrays) forArrays = [];
    let ranges = everything;
    for (const node of speaking) {
      const bounds = boundsOf(node, path, holdsArrays);
      if (bounds.exact) settled.add(node);
      ranges = intersection(ranges, bounds.ranges);
    }
    return { path, direction: directionOf(order), ranges };
  });
  const open = conjuncts.filter((node) => !settled.has(node));
  return new IndexAccess(index, components, choice, open);
}

/** A component that holds arrays never tells whether a document matches: the entry at hand is one element of many. */
function isDecidedByKeys(node: FilterNode, index: IndexInfo): boolean {
  if (node.kind === 'and' || node.kind === 'or')
    return node.children.every((child) => isDecidedByKeys(child, index));
  if (node.kind !== 'field' || !index.key.has(node.path) || index.multikeyPaths.has(node.path)) return false;
  return boundsOf(node, node.path, false).exact;
}

function keyFilterTest(node: FilterNode, index: IndexInfo): KeyTest {
  if (node.kind === 'field') return componentTest(index, node.path, boundsOf(node, node.path, false).ranges);
  const tests = (node as { children: FilterNode[] }).children.map((child) => keyFilterTest(child, index));
  return node.kind === 'or'
    ? (key) => tests.some((test) => test(key))
    : (key) => tests.every((test) => test(key));
}

/** Whether the component lies in one of the ranges. */
function componentTest({ key: pattern }: IndexInfo, path: string, ranges: readonly KeyRange[]): KeyTest {
  const position = [...pattern.keys()].indexOf(path);
  const sorted = inDirection(ranges, directionOf(pattern.get(path)!));
  return (key) => {
    let from = 0;
    let to = sorted.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (key.compare(position, sorted[middle]!.low) < 0) to = middle;
      else if (key.compare(position, sorted[middle]!.high) >= 0) from = middle + 1;
      else return true;
    }
    return false;
  };
}

/** Reads the components of one index key after another, only as far as it is asked for, and copies nothing. */
class KeyReader {
  private readonly ends: number[] = [0];
  private known = 0;
  private key: Uint8Array = new Uint8Array();

  read(key: Uint8Array): void {
    this.key = key;
    this.known = 0;
  }

  /** Compares the component at `position` with other bytes: negative, 0 or positive. */
  compare(position: number, other: Uint8Array): number {
    while (this.known <= position) {
      this.ends[this.known + 1] = endOfKeyComponent(this.key, this.ends[this.known]!);
      this.known++;
    }
    const start = this.ends[position]!;
    const length = this.ends[position + 1]! - start;
    const shared = Math.min(length, other.length);
    for (let i = 0; i < shared; i++) {
      const order = this.key[start + i]! - other[i]!;
      if (order !== 0) return order;
    }
    return length - other.length;
  }
}
