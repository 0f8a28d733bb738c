import { BSONRegExp } from 'bson';
import { BsonValue, isDocument } from '../language/bson-value';
import { FieldNode, FilterNode } from '../language/filter';
import { complement, everything, Interval, intersection, isEverything, point, union } from './interval';
import { comparisonInterval } from './type-bracket';

/** Where a filter lets one path's values lie. `exact`: a value that lies there is all the filter asks for. */
export interface Bounds {
  readonly intervals: readonly Interval[];
  readonly exact: boolean;
}

const unbounded: Bounds = { intervals: everything, exact: false };

/**
 * The intervals outside of which no index entry of a match can lie in the component `path`. Where the path holds
 * arrays, each condition may be met by another element, so conditions are not combined: the first one that says
 * something counts.
 */
export function boundsOf(node: FilterNode, path: string, holdsArrays: boolean): Bounds {
  switch (node.kind) {
    case 'and':
      return holdsArrays ? firstBounded(node.children, path) : allOf(node.children, path);
    case 'or':
      return anyOf(node.children.map((child) => boundsOf(child, path, holdsArrays)));
    case 'nor':
      return holdsArrays
        ? unbounded
        : noneOf(anyOf(node.children.map((child) => boundsOf(child, path, false))));
    case 'field':
      return node.path === path ? fieldBounds(node, holdsArrays) : unbounded;
    case 'expr':
      return holdsArrays ? unbounded : expressionBounds(node.expression, path);
  }
}

/** `{ $eq: ['$path', constant] }`, by itself or within `$and`: what `$lookup` makes of its variables. */
function expressionBounds(expression: BsonValue, path: string): Bounds {
  const [[operator, operands] = ['', null]] = isDocument(expression) ? expression : [];
  if (!Array.isArray(operands)) return unbounded;
  if (operator === '$and') {
    const all = operands.map((each) => expressionBounds(each, path).intervals);
    return { intervals: all.reduce(intersection, everything), exact: false };
  }
  if (operator !== '$eq' || operands.length !== 2 || !operands.includes(`$${path}`)) return unbounded;
  const constant = constantOf(operands.find((operand) => operand !== `$${path}`));
  return constant === undefined ? unbounded : { intervals: [point(constant)], exact: false };
}

/** The value of an expression that reads nothing; arrays have no one place in an index. */
function constantOf(expression: BsonValue | undefined): BsonValue | undefined {
  // What is missing is indexed as null.
  if (expression === '$$REMOVE') return null;
  if (typeof expression === 'string') return expression.startsWith('$') ? undefined : expression;
  const value = isDocument(expression) ? expression.get('$literal') : expression;
  return Array.isArray(value) ? undefined : value;
}

function firstBounded(children: readonly FilterNode[], path: string): Bounds {
  const bounds = children.map((child) => boundsOf(child, path, true)).find((b) => !isEverything(b.intervals));
  return {
    intervals: bounds?.intervals ?? everything,
    exact: children.length === 1 && (bounds?.exact ?? false),
  };
}

function allOf(children: readonly FilterNode[], path: string): Bounds {
  const all = children.map((child) => boundsOf(child, path, false));
  return {
    intervals: all.reduce((shared, b) => intersection(shared, b.intervals), everything),
    exact: all.every((b) => b.exact),
  };
}

function anyOf(branches: readonly Bounds[]): Bounds {
  if (branches.some(({ intervals }) => isEverything(intervals))) return unbounded;
  return { intervals: union(branches.flatMap((b) => b.intervals)), exact: branches.every((b) => b.exact) };
}

function noneOf(bounds: Bounds): Bounds {
  return bounds.exact ? { intervals: complement(bounds.intervals), exact: true } : unbounded;
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
      const intervals = comparisonInterval(node.op, node.value);
      return intervals ? { intervals, exact: node.value !== null || !holdsArrays } : unbounded;
    }
    case 'elemMatch':
      // One element meets all of it, so here the conditions do combine.
      return node.on === 'values' ? { ...boundsOf(node.value, '', false), exact: false } : unbounded;
    case 'not':
      return holdsArrays ? unbounded : noneOf(boundsOf(node.value, node.path, false));
    default:
      return unbounded;
  }
}

function equalTo(value: BsonValue, holdsArrays: boolean): Bounds {
  if (value instanceof BSONRegExp) return unbounded;
  // An array is indexed by its elements, or, where it is an element itself, as a whole. An empty one has none.
  if (Array.isArray(value)) {
    if (value.length === 0) return unbounded;
    return { intervals: union([point(value[0]!), point(value)]), exact: false };
  }
  // A missing field is indexed as null; inside arrays null has more meanings than the index can tell.
  return { intervals: [point(value)], exact: value !== null || !holdsArrays };
}
