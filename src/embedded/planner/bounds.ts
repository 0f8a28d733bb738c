import { Binary, BSONRegExp, Decimal128, Double, ObjectId, Timestamp } from 'bson';
import { BsonTypeName, BsonValue, isDocument, isNumber } from '../language/bson-value';
import { CANONICAL_TYPES } from '../language/compare';
import { FieldNode, FilterNode } from '../language/filter';
import { encodeKeyComponent, typeByte } from '../language/key-component';
import {
  afterPrefix,
  everything,
  intersection,
  isEverything,
  KeyRange,
  point,
  rangeOf,
  union,
} from './key-range';

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
