import { compareValues } from '../language/compare';
import { FieldNode, FilterNode } from '../language/filter';
import { IndexInfo } from '../storage/view';
import { boundsOf } from './bounds';
import { Interval, intersection } from './interval';
import { conjunctsOf } from './query';

/**
 * Whether every document that meets all of `conjuncts` has its entries in the index. Of a partial index that must be
 * certain, so each of its conditions must follow from a single comparison of the filter.
 */
export function hasAllMatches({ partial }: IndexInfo, conjuncts: readonly FilterNode[]): boolean {
  if (partial === null) return true;
  return conjunctsOf(partial).every((condition) => conjuncts.some((node) => implies(node, condition)));
}

function implies(node: FilterNode, condition: FilterNode): boolean {
  if (!isComparison(node) || !isComparison(condition) || node.path !== condition.path) return false;
  // As if there were arrays: what is exact then holds for each element of one too.
  const inner = boundsOf(node, node.path, true);
  const outer = boundsOf(condition, node.path, true);
  return inner.exact && outer.exact && inner.intervals.every((each) => isWithin(each, outer.intervals));
}

function isComparison(node: FilterNode): node is FieldNode {
  return node.kind === 'field' && comparisons.has(node.op);
}

const comparisons = new Set(['eq', 'in', 'gt', 'gte', 'lt', 'lte']);

function isWithin(interval: Interval, outer: readonly Interval[]): boolean {
  const [shared] = intersection([interval], outer);
  return (
    shared !== undefined &&
    compareValues(shared.low, interval.low) === 0 &&
    compareValues(shared.high, interval.high) === 0 &&
    shared.lowOpen === interval.lowOpen &&
    shared.highOpen === interval.highOpen
  );
}
