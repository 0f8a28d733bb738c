import { FilterNode } from '../language/filter';
import { directionOf } from '../language/index-key';
import { IndexInfo } from '../storage/view';
import { boundsOf } from './bounds';
import { encodeIntervals, liesIn } from './byte-interval';
import { Interval, isEverything } from './interval';

/** Decides on the encoded components of an index key. */
export type KeyPredicate = (components: readonly Uint8Array[]) => boolean;

/**
 * The filter as a test of index keys, so that it is decided before the document is fetched; null where the keys do not
 * tell. A component that holds arrays never tells: the entry at hand is one element of many.
 */
export function keyPredicate(node: FilterNode, index: IndexInfo): KeyPredicate | null {
  if (node.kind === 'and' || node.kind === 'or' || node.kind === 'nor') {
    const children = node.children.map((child) => keyPredicate(child, index));
    if (!children.every((child) => child !== null)) return null;
    if (node.kind === 'and') return (components) => children.every((child) => child(components));
    const any: KeyPredicate = (components) => children.some((child) => child(components));
    return node.kind === 'or' ? any : (components) => !any(components);
  }
  if (node.kind !== 'field' || index.multikeyPaths.has(node.path)) return null;
  const bounds = boundsOf(node, node.path, false);
  return bounds.exact ? componentPredicate(index, node.path, bounds.intervals) : null;
}

/** Tests one component; null where the index has no such path, or there is nothing to test. */
export function componentPredicate(
  index: IndexInfo,
  path: string,
  intervals: readonly Interval[],
): KeyPredicate | null {
  const position = [...index.key.keys()].indexOf(path);
  if (position < 0 || isEverything(intervals)) return null;
  const encoded = encodeIntervals(intervals, directionOf(index.key.get(path)!));
  return (components) => liesIn(components[position]!, encoded);
}
