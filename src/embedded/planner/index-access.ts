import { BsonDocument } from '../language/bson-value';
import { FilterNode } from '../language/filter-node';
import { directionOf } from '../language/index-key';
import { endOfKeyComponent, KeyDecoder } from '../language/key-decoder';
import { IndexEntry, IndexInfo } from '../storage/view';
import { boundsOf, everything, inDirection, intersection, KeyRange } from './bounds';

/** One component of an index and where a walk visits it; the ranges are ascending, whichever way the component goes. */
export interface ComponentBounds {
  readonly path: string;
  readonly direction: 1 | -1;
  readonly ranges: readonly KeyRange[];
}

type KeyTest = (key: KeyReader) => boolean;

/**
 * One way to answer a filter by one index: leading components that hold nothing but points, each combination of which is
 * one range of the index, and then a component of ranges. What else the filter says is decided on keys or documents.
 */
export class IndexAccess {
  private tests: { readonly onKeys: KeyTest[]; readonly onDocuments: FilterNode[] } | null = null;

  /**
   * @param points how many leading components hold nothing but points
   * @param choice which of the conditions bounds the component that holds arrays; -1 for none
   * @param open the conditions that the bounds do not settle
   */
  constructor(
    readonly index: IndexInfo,
    readonly components: readonly ComponentBounds[],
    readonly points: number,
    readonly choice: number,
    private readonly open: readonly FilterNode[],
  ) {}

  /** How many leading components the filter bounds at all. */
  get bounded(): number {
    const next = this.components[this.points];
    return next && next.ranges !== everything ? this.points + 1 : this.points;
  }

  /** What only the documents decide. */
  get documentFilters(): readonly FilterNode[] {
    return this.decided().onDocuments;
  }

  /** Whether one document can have several entries in the walk. */
  get findsTwice(): boolean {
    const { multikeyPaths } = this.index;
    return this.components.some((component) => multikeyPaths.has(component.path) && !isOneValue(component));
  }

  /** What the ranges leave open and each key decides, before its document is read; null when that is nothing. */
  keyTest(): ((key: Uint8Array) => boolean) | null {
    const { onKeys } = this.decided();
    if (onKeys.length === 0) return null;
    const reader = new KeyReader();
    return (key) => {
      reader.read(key);
      return onKeys.every((test) => test(reader));
    };
  }

  private decided() {
    if (this.tests) return this.tests;
    const onKeys: KeyTest[] = [];
    const onDocuments: FilterNode[] = [];
    for (const node of this.open) {
      const test = keyTestOf(node, this.index);
      if (test) onKeys.push(test);
      else onDocuments.push(node);
    }
    return (this.tests = { onKeys, onDocuments });
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

export function isOneValue({ ranges }: ComponentBounds): boolean {
  return ranges.length === 1 && ranges[0]!.isPoint;
}

/**
 * The ways to answer the conjunction of `conjuncts` by the index. More than one where a component holds arrays and
 * several conjuncts speak of it: each may be met by another element, so only one of them can bound the walk.
 */
export function indexAccesses(index: IndexInfo, conjuncts: readonly FilterNode[]): IndexAccess[] {
  const arrayPath = index.multikey
    ? [...index.key.keys()].find((path) => index.multikeyPaths.has(path))
    : undefined;
  if (arrayPath === undefined) return [indexAccess(index, conjuncts, -1)];
  const choices = [...conjuncts.keys()].filter(
    (i) => boundsOf(conjuncts[i]!, arrayPath, true).ranges !== everything,
  );
  return (choices.length > 0 ? choices : [-1]).map((choice) => indexAccess(index, conjuncts, choice));
}

function indexAccess(index: IndexInfo, conjuncts: readonly FilterNode[], choice: number): IndexAccess {
  const settled = new Set<FilterNode>();
  const components: ComponentBounds[] = [];
  let forArrays = conjuncts.slice(choice, choice + 1);
  let points = 0;
  for (const [path, order] of index.key) {
    const holdsArrays = index.multikeyPaths.has(path);
    let ranges = everything;
    // Behind the first component that is not made of points, nothing narrows the walk.
    for (const node of points < components.length ? [] : holdsArrays ? forArrays : conjuncts) {
      const bounds = boundsOf(node, path, holdsArrays);
      if (bounds.exact) settled.add(node);
      ranges = intersection(ranges, bounds.ranges);
    }
    // Two paths below one array: each entry is of one element, and each condition may be met by another one.
    if (holdsArrays) forArrays = [];
    if (points === components.length && ranges.every(({ isPoint }) => isPoint)) points++;
    components.push({ path, direction: directionOf(order), ranges });
  }
  const open = conjuncts.filter((node) => !settled.has(node));
  return new IndexAccess(index, components, points, choice, open);
}

/** The components once for each combination of points that the first `count` of them hold. */
export function splitByPoints(components: readonly ComponentBounds[], count: number): ComponentBounds[][] {
  let heads: ComponentBounds[][] = [[]];
  for (const component of components.slice(0, count)) {
    heads = heads.flatMap((head) =>
      component.ranges.map((range) => [...head, { ...component, ranges: [range] }]),
    );
  }
  return heads.map((head) => [...head, ...components.slice(count)]);
}

/** The pieces of the index that bounded components make up, in the order of the walk. */
export function keyRanges(
  bounded: readonly ComponentBounds[],
  reverse: boolean,
): Iterable<Omit<KeyRange, 'isPoint'>> {
  if (bounded.length === 0) return everything;
  const lists = bounded.map(({ ranges, direction }) => {
    const list = inDirection(ranges, direction);
    return reverse && list.length > 1 ? list.toReversed() : list;
  });
  return combinations(lists, 0, new Uint8Array());
}

function* combinations(
  lists: readonly (readonly KeyRange[])[],
  depth: number,
  head: Uint8Array,
): Generator<Omit<KeyRange, 'isPoint'>> {
  const last = lists.length - 1;
  for (; depth < last && lists[depth]!.length === 1; depth++) head = joined(head, lists[depth]![0]!.low);
  for (const { low, high } of lists[depth]!) {
    if (depth < last) yield* combinations(lists, depth + 1, joined(head, low));
    else yield { low: joined(head, low), high: joined(head, high) };
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  return head.length === 0 ? tail : Buffer.concat([head, tail]);
}

/** The condition as a test of keys; null where keys do not tell: of an array, the entry at hand is one element of many. */
function keyTestOf(node: FilterNode, index: IndexInfo): KeyTest | null {
  if (node.kind === 'and' || node.kind === 'or') {
    const tests = node.children.map((child) => keyTestOf(child, index));
    if (!tests.every((test) => test !== null)) return null;
    return node.kind === 'or'
      ? (key) => tests.some((test) => test(key))
      : (key) => tests.every((test) => test(key));
  }
  if (node.kind !== 'field' || !index.key.has(node.path) || index.multikeyPaths.has(node.path)) return null;
  const { ranges, exact } = boundsOf(node, node.path, false);
  if (!exact) return null;
  const position = [...index.key.keys()].indexOf(node.path);
  const sorted = inDirection(ranges, directionOf(index.key.get(node.path)!));
  return (key) => key.isWithin(position, sorted);
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

  /** Whether the component at `position` lies in one of the ranges. */
  isWithin(position: number, ranges: readonly KeyRange[]): boolean {
    let from = 0;
    for (let to = ranges.length; from < to;) {
      const middle = (from + to) >> 1;
      if (this.compare(position, ranges[middle]!.low) < 0) to = middle;
      else if (this.compare(position, ranges[middle]!.high) < 0) return true;
      else from = middle + 1;
    }
    return false;
  }

  /** Compares the component at `position` with other bytes: negative, 0 or positive. */
  private compare(position: number, other: Uint8Array): number {
    for (; this.known <= position; this.known++) {
      this.ends[this.known + 1] = endOfKeyComponent(this.key, this.ends[this.known]!);
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
