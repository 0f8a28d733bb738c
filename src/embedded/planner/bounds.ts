import { BSONRegExp, Double } from 'bson';
import { BsonValue, CANONICAL_TYPES } from '../language/bson-value';
import { FilterNode } from '../language/filter';
import { encodeKeyComponent } from '../language/key-component';

/**
 * Encoded values, or whole keys, from `low` up to `high`, which is not included. No component is the beginning of another
 * one, so "up to and including v" ends at `afterPrefix(v)`. Lists of ranges are ascending and do not overlap.
 */
export interface KeyRange {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  /** Whether it holds one value only, which is `low`. */
  readonly isPoint: boolean;
}

/** Where a filter lets one path's values lie. `exact`: a value that lies there is all the filter asks for. */
export interface Bounds {
  readonly ranges: readonly KeyRange[];
  readonly exact: boolean;
}

// Longer than any run of 0xff that begins a component.
const afterEverything = new Uint8Array(32).fill(0xff);

/** Every value there is. */
export const everything: readonly KeyRange[] = [
  { low: new Uint8Array(), high: afterEverything, isPoint: false },
];

const unbounded: Bounds = { ranges: everything, exact: false };

/** The first byte string after all that begin with `bytes`. */
function afterPrefix(bytes: Uint8Array): Uint8Array {
  let last = bytes.length - 1;
  while (bytes[last] === 0xff) last--;
  if (last < 0) return afterEverything;
  const next = bytes.slice(0, last + 1);
  next[last]!++;
  return next;
}

/** What lies in both lists. */
export function intersection(left: readonly KeyRange[], right: readonly KeyRange[]): readonly KeyRange[] {
  if (left === everything) return right;
  if (right === everything) return left;
  const shared: KeyRange[] = [];
  for (let l = 0, r = 0; l < left.length && r < right.length;) {
    const a = left[l]!;
    const b = right[r]!;
    const low = Buffer.compare(a.low, b.low) > 0 ? a.low : b.low;
    const endsFirst = Buffer.compare(a.high, b.high);
    const high = endsFirst < 0 ? a.high : b.high;
    if (Buffer.compare(low, high) < 0) shared.push({ low, high, isPoint: a.isPoint || b.isPoint });
    if (endsFirst < 0) l++;
    else r++;
  }
  return shared;
}

/** The ranges as an index has them whose component goes that way. */
export function inDirection(ranges: readonly KeyRange[], direction: 1 | -1): readonly KeyRange[] {
  if (direction === 1 || ranges === everything) return ranges;
  const flipped = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xff);
  return ranges.toReversed().map(({ low, high, isPoint }) => {
    const first = flipped(low);
    return { low: isPoint ? first : afterPrefix(flipped(high)), high: afterPrefix(first), isPoint };
  });
}

/** The conditions of a filter that must all hold. */
export function conjunctsOf(filter: FilterNode): readonly FilterNode[] {
  return filter.kind === 'and' ? filter.children : [filter];
}

/**
 * The ranges outside of which no index entry of a match can lie in the component `path`.
 * @param holdsArrays whether documents have arrays there
 */
export function boundsOf(node: FilterNode, path: string, holdsArrays: boolean): Bounds {
  if (node.kind !== 'field' || node.path !== path) return unbounded;
  const { op, value } = node;
  if (op === 'eq') return anyOf([value], holdsArrays);
  if (op === 'in') return anyOf(value, holdsArrays);
  if (op === 'gt' || op === 'gte' || op === 'lt' || op === 'lte') return comparedTo(op, value, holdsArrays);
  return unbounded;
}

function anyOf(values: readonly BsonValue[], holdsArrays: boolean): Bounds {
  if (values.some((value) => value instanceof BSONRegExp || Array.isArray(value))) return unbounded;
  const keys = values.map((value) => encodeKeyComponent(value, 1));
  if (keys.length > 1) keys.sort(Buffer.compare);
  const different = keys.filter((key, i) => i === 0 || Buffer.compare(key, keys[i - 1]!) !== 0);
  return {
    ranges: different.map((low) => ({ low, high: afterPrefix(low), isPoint: true })),
    // A missing field is indexed as null; inside arrays null has more meanings than the index can tell.
    exact: !holdsArrays || !values.includes(null),
  };
}

const lowestNumber = encodeKeyComponent(new Double(-Infinity), 1);
const comparable = new Set(
  (['null', 'int', 'string', 'object', 'binData', 'objectId', 'bool', 'date', 'timestamp'] as const).map(
    (type) => CANONICAL_TYPES[type],
  ),
);

/** Only values of one type compare, and NaN with itself only; arrays, MinKey and MaxKey have rules of their own. */
function comparedTo(op: 'gt' | 'gte' | 'lt' | 'lte', value: BsonValue, holdsArrays: boolean): Bounds {
  const equal = encodeKeyComponent(value, 1);
  const type = equal[0]!;
  const first = type === lowestNumber[0] ? lowestNumber : Uint8Array.of(type);
  // Only NaN is below.
  if (!comparable.has(type) || Buffer.compare(equal, first) < 0) return unbounded;
  const isAbove = op === 'gt' || op === 'gte';
  const edge = op === 'gt' || op === 'lte' ? afterPrefix(equal) : equal;
  const low = isAbove ? edge : first;
  const high = isAbove ? Uint8Array.of(type + 1) : edge;
  const ranges = Buffer.compare(low, high) < 0 ? [{ low, high, isPoint: false }] : [];
  return { ranges, exact: value !== null || !holdsArrays };
}
