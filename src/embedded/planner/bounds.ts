import { Binary, BSONRegExp, Decimal128, Double, ObjectId, Timestamp } from 'bson';
import { CANONICAL_TYPES, BsonTypeName, BsonValue, isDocument, isNumber } from '../language/bson-value';
import { FieldNode, FilterNode } from '../language/filter-node';
import { encodeKeyComponent, typeByte } from '../language/key-component';
import { endOfKeyComponent } from '../language/key-decoder';

/**
 * Encoded values, or whole keys, from `low` up to `high`, which is not included. No component is the beginning of another
 * one, so "up to and including v" ends at `afterPrefix(v)`. Lists of ranges are ascending and do not touch.
 */
export interface KeyRange {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  /** Whether it holds one value only, which is `low`. */
  readonly isPoint: boolean;
}

// Longer than any run of 0xff that begins a component.
const afterEverything = new Uint8Array(32).fill(0xff);

/** Every value there is. */
export const everything: readonly KeyRange[] = [
  { low: new Uint8Array(), high: afterEverything, isPoint: false },
];

export function isEverything(ranges: readonly KeyRange[]): boolean {
  return ranges === everything;
}

export function isSinglePoint(ranges: readonly KeyRange[]): boolean {
  return ranges.length === 1 && ranges[0]!.isPoint;
}

/** The first byte string after all that begin with `bytes`. */
export function afterPrefix(bytes: Uint8Array): Uint8Array {
  for (let i = bytes.length - 1; i >= 0; i--) {
    if (bytes[i] === 0xff) continue;
    const next = bytes.slice(0, i + 1);
    next[i]!++;
    return next;
  }
  return afterEverything;
}

export function point(value: BsonValue): KeyRange {
  const low = encodeKeyComponent(value, 1);
  return { low, high: afterPrefix(low), isPoint: true };
}

/** As a list: empty where nothing lies between the ends. */
export function rangeOf(low: Uint8Array, high: Uint8Array): KeyRange[] {
  if (Buffer.compare(low, high) >= 0) return [];
  const isPoint = high.length <= low.length && Buffer.compare(afterPrefix(low), high) === 0 && isWhole(low);
  return [{ low, high, isPoint }];
}

/** A type's byte alone is where its values begin, but for null, which has no more than that. */
function isWhole(low: Uint8Array): boolean {
  if (low.length === 1) return low[0] === typeByte(CANONICAL_TYPES.null);
  return endOfKeyComponent(low, 0) === low.length;
}

/** What lies in one of the ranges, which are given in any order. */
export function union(ranges: readonly KeyRange[]): readonly KeyRange[] {
  if (ranges.length < 2) return ranges;
  const sorted = [...ranges].sort((a, b) => Buffer.compare(a.low, b.low));
  const merged: KeyRange[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (!last || Buffer.compare(last.high, next.low) < 0) merged.push(next);
    else if (Buffer.compare(last.low, next.low) === 0 && Buffer.compare(last.high, next.high) === 0) continue;
    // Two points that touch stay two: each is looked up by itself.
    else if (last.isPoint && next.isPoint) merged.push(next);
    else if (Buffer.compare(last.high, next.high) < 0) {
      merged[merged.length - 1] = { low: last.low, high: next.high, isPoint: false };
    }
  }
  return merged;
}

/** What lies in both lists. */
export function intersection(left: readonly KeyRange[], right: readonly KeyRange[]): readonly KeyRange[] {
  if (isEverything(left)) return right;
  if (isEverything(right)) return left;
  const shared: KeyRange[] = [];
  for (let l = 0, r = 0; l < left.length && r < right.length;) {
    const a = left[l]!;
    const b = right[r]!;
    const low = Buffer.compare(a.low, b.low) > 0 ? a.low : b.low;
    const endsFirst = Buffer.compare(a.high, b.high);
    shared.push(...rangeOf(low, endsFirst < 0 ? a.high : b.high));
    if (endsFirst < 0) l++;
    else r++;
  }
  return shared;
}

/** The ranges as an index has them whose component goes that way. */
export function inDirection(ranges: readonly KeyRange[], direction: 1 | -1): readonly KeyRange[] {
  return direction === 1 || isEverything(ranges) ? ranges : ranges.map(turnedOver).reverse();
}

function turnedOver({ low, high, isPoint }: KeyRange): KeyRange {
  const first = flipped(low);
  return { low: isPoint ? first : afterPrefix(flipped(high)), high: afterPrefix(first), isPoint };
}

function flipped(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ 0xff);
}

export function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  if (head.length === 0) return tail;
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

/** Where a filter lets one path's values lie. `exact`: a value that lies there is all the filter asks for. */
export interface Bounds {
  readonly ranges: readonly KeyRange[];
  readonly exact: boolean;
}

const unbounded: Bounds = { ranges: everything, exact: false };
const lowestNumber = encodeKeyComponent(new Double(-Infinity), 1);
/** Types of which no other one shares the first byte. */
const typesOfTheirOwn: readonly BsonTypeName[] = ['date', 'bool', 'objectId', 'timestamp', 'binData'];

/**
 * The ranges outside of which no index entry of a match can lie in the component `path`. Where the path holds arrays,
 * each condition may be met by another element, so conditions are not combined: the first one that says something counts.
 */
export function boundsOf(node: FilterNode, path: string, holdsArrays: boolean): Bounds {
  switch (node.kind) {
    case 'and':
      return allOf(
        node.children.map((child) => boundsOf(child, path, holdsArrays)),
        holdsArrays,
      );
    case 'or':
      return anyOf(node.children.map((child) => boundsOf(child, path, holdsArrays)));
    case 'field':
      return node.path === path ? fieldBounds(node, holdsArrays) : unbounded;
    default:
      return unbounded;
  }
}

function allOf(all: readonly Bounds[], holdsArrays: boolean): Bounds {
  if (holdsArrays && all.length > 1) {
    return { ranges: all.find(({ ranges }) => !isEverything(ranges))?.ranges ?? everything, exact: false };
  }
  return {
    ranges: all.reduce((shared, { ranges }) => intersection(shared, ranges), everything),
    exact: all.every(({ exact }) => exact),
  };
}

function anyOf(branches: readonly Bounds[]): Bounds {
  if (branches.some(({ ranges }) => isEverything(ranges))) return unbounded;
  return {
    ranges: union(branches.flatMap(({ ranges }) => ranges)),
    exact: branches.every(({ exact }) => exact),
  };
}

function fieldBounds(node: FieldNode, holdsArrays: boolean): Bounds {
  switch (node.op) {
    case 'eq':
      return equalTo(node.value, holdsArrays);
    case 'in':
      return anyOf(node.value.map((value) => equalTo(value, holdsArrays)));
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      const ranges = comparisonRanges(node.op, node.value);
      return ranges ? { ranges, exact: node.value !== null || !holdsArrays } : unbounded;
    }
    case 'type': {
      const [type, ...others] = node.value;
      if (others.length > 0 || !type || !typesOfTheirOwn.includes(type)) return unbounded;
      return { ranges: bracket(typeByte(CANONICAL_TYPES[type])), exact: true };
    }
    default:
      return unbounded;
  }
}

function equalTo(value: BsonValue, holdsArrays: boolean): Bounds {
  if (value instanceof BSONRegExp) return unbounded;
  // An array is indexed by its elements, or, where it is an element itself, as a whole. An empty one has none.
  if (Array.isArray(value)) {
    return value.length === 0 ? unbounded : { ranges: union([point(value[0]!), point(value)]), exact: false };
  }
  // A missing field is indexed as null; inside arrays null has more meanings than the index can tell.
  return { ranges: [point(value)], exact: value !== null || !holdsArrays };
}

/** Only values of one type compare. Null when no range says it: arrays compare whole, MinKey and MaxKey with all types. */
function comparisonRanges(op: 'gt' | 'gte' | 'lt' | 'lte', value: BsonValue): readonly KeyRange[] | null {
  const orEqual = op === 'gte' || op === 'lte';
  if (value === null || isNaN(value)) return orEqual ? [point(value)] : [];
  if (!isOrdered(value)) return null;
  const encoded = encodeKeyComponent(value, 1);
  const [{ low, high }] = bracket(encoded[0]!) as [KeyRange];
  if (op === 'gt' || op === 'gte') return rangeOf(orEqual ? encoded : afterPrefix(encoded), high);
  return rangeOf(isNumber(value) ? lowestNumber : low, orEqual ? afterPrefix(encoded) : encoded);
}

/** All values of a type, by the first byte of their components. */
function bracket(type: number): KeyRange[] {
  return [{ low: Uint8Array.of(type), high: Uint8Array.of(type + 1), isPoint: false }];
}

function isNaN(value: BsonValue): boolean {
  if (value instanceof Double) return Number.isNaN(value.value);
  return value instanceof Decimal128 && value.toString() === 'NaN';
}

function isOrdered(value: BsonValue): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || isNumber(value) || isDocument(value))
    return true;
  return [Date, ObjectId, Timestamp, Binary].some((type) => value instanceof type);
}
