import { BsonDocument } from '../language/bson-value';
import { FilterNode } from '../language/filter';
import { directionOf } from '../language/index-key';
import { decodeKeyComponent, endOfKeyComponent } from '../language/key-decoder';
import { StoredIndex } from '../storage/catalog';
import { IndexEntry } from '../storage/keys';
import { boundsOf, everything, inDirection, intersection, KeyRange } from './bounds';

/** More places than this are not looked up one by one: listing them would hold up others. */
const MAX_PLACES = 20_000;

type KeyTest = (key: KeyReader) => boolean;

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
  /** What the bounds leave open and each key decides, before its document is read. */
  readonly keyTests: readonly KeyTest[];
  /** What only the documents decide. */
  readonly documentFilters: readonly FilterNode[];
}

/** A piece of an index. */
export type Place = Omit<KeyRange, 'isPoint'>;

/** Whether the component at `position` has the same value in all entries of the walk. */
export function isConstant({ bounds }: IndexAccess, position: number): boolean {
  const ranges = bounds[position];
  return ranges?.length === 1 && ranges[0]!.isPoint;
}

/** Whether one document can have several entries in the walk. */
export function findsTwice(access: IndexAccess): boolean {
  const { multikey, multikeyPaths, key } = access.index;
  return multikey && [...key.keys()].some((path, i) => multikeyPaths.has(path) && !isConstant(access, i));
}

/** What the first `count` bounds make up, ascending: a place for each combination of their ranges. */
export function placesOf({ index, bounds }: IndexAccess, count = bounds.length): readonly Place[] {
  let places: readonly Place[] = everything;
  let position = 0;
  for (const order of index.key.values()) {
    if (position === count) break;
    const ranges = inDirection(bounds[position++]!, directionOf(order));
    places = places.flatMap((head) =>
      ranges.map(({ low, high }) => ({ low: joined(head.low, low), high: joined(head.low, high) })),
    );
  }
  return places;
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  return head.length === 0 ? tail : Buffer.concat([head, tail]);
}

/** All tests in one, of whole keys; null for none. */
export function keyTest({ keyTests }: IndexAccess): ((key: Uint8Array) => boolean) | null {
  if (keyTests.length === 0) return null;
  const reader = new KeyReader();
  return (key) => {
    reader.read(key);
    return keyTests.every((test) => test(reader));
  };
}

/**
 * Makes what decodes top-level fields out of entries: null for a key that does not say one of them exactly. Null itself
 * where the index does not have all of the fields, or holds arrays. A document is good until the next one is made.
 */
export function decoderOf(
  { key, multikey }: StoredIndex,
  fields: ReadonlySet<string>,
): ((entry: IndexEntry) => BsonDocument | null) | null {
  const names = [...key.keys()];
  if (multikey || [...fields].some((field) => !names.includes(field))) return null;
  const wanted = names.map((name) => fields.has(name));
  const count = wanted.lastIndexOf(true) + 1;
  const document: BsonDocument = new Map();
  return ({ stored, keyStart }) => {
    for (let i = 0, at = keyStart; i < count; i++) {
      const end = endOfKeyComponent(stored, at);
      if (wanted[i]) {
        const value = decodeKeyComponent(stored, at, end);
        if (value === undefined) return null;
        document.set(names[i]!, value);
      }
      at = end;
    }
    return document;
  };
}

/**
 * The ways to answer the conjunction of `conjuncts` by the index. More than one where a component holds arrays and
 * several conjuncts speak of it: each may be met by another element, so only one of them can bound the walk.
 */
export function indexAccesses(index: StoredIndex, conjuncts: readonly FilterNode[]): IndexAccess[] {
  const arrayPath = index.multikey && [...index.key.keys()].find((path) => index.multikeyPaths.has(path));
  if (!arrayPath) return [indexAccess(index, conjuncts, -1)];
  const choices = [...conjuncts.keys()].filter(
    (i) => boundsOf(conjuncts[i]!, arrayPath, true).ranges !== everything,
  );
  return (choices.length > 0 ? choices : [-1]).map((choice) => indexAccess(index, conjuncts, choice));
}

function indexAccess(index: StoredIndex, conjuncts: readonly FilterNode[], choice: number): IndexAccess {
  const settled = new Set<FilterNode>();
  const bounds: (readonly KeyRange[])[] = [];
  // Two paths below one array: each entry is of one element, and each condition may be met by another one.
  const forArrays = conjuncts.slice(choice, choice + 1);
  let places = 1;
  let points = 0;
  for (const path of index.key.keys()) {
    const holdsArrays = index.multikeyPaths.has(path);
    const speaking = holdsArrays ? forArrays.splice(0) : conjuncts;
    let ranges = everything;
    const exact: FilterNode[] = [];
    for (const node of speaking) {
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
  return { index, bounds, points, choice, keyTests, documentFilters };
}

/** The condition as a test of keys; null where keys do not tell: of an array, the entry at hand is one element of many. */
function keyTestOf(node: FilterNode, index: StoredIndex): KeyTest | null {
  if (node.kind === 'and' || node.kind === 'or') {
    const tests = node.children.map((child) => keyTestOf(child, index));
    if (!tests.every((test) => test !== null)) return null;
    return node.kind === 'or'
      ? (key) => tests.some((test) => test(key))
      : (key) => tests.every((test) => test(key));
  }
  if (node.kind !== 'field' || !index.key.has(node.path) || index.multikeyPaths.has(node.path)) return null;
  const { ranges, exact } = boundsOf(node, node.path, false);
  const position = [...index.key.keys()].indexOf(node.path);
  const sorted = inDirection(ranges, directionOf(index.key.get(node.path)!));
  return exact ? (key) => key.isWithin(position, sorted) : null;
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
    for (; this.known <= position; this.known++) {
      this.ends[this.known + 1] = endOfKeyComponent(this.key, this.ends[this.known]!);
    }
    let from = 0;
    for (let to = ranges.length; from < to;) {
      const middle = (from + to) >> 1;
      if (this.compare(position, ranges[middle]!.low) < 0) to = middle;
      else if (this.compare(position, ranges[middle]!.high) < 0) return true;
      else from = middle + 1;
    }
    return false;
  }

  private compare(position: number, other: Uint8Array): number {
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
