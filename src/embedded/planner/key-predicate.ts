import { FilterNode } from '../language/filter';
import { directionOf } from '../language/index-key';
import { IndexInfo } from '../storage/view';
import { boundsOf } from './bounds';
import { encodeIntervals, liesIn } from './byte-interval';
import { Interval } from './interval';
import { KeyReader } from './key-reader';

/** Decides on the encoded components of the index key at hand. */
export type KeyPredicate = (key: KeyReader) => boolean;

/**
 * Whether the keys of the index tell if a document matches, before it is fetched. A component that holds arrays never
 * tells: the entry at hand is one element of many.
 */
export function isDecidedByKeys(node: FilterNode, index: IndexInfo): boolean {
  if (node.kind === 'expr') return false;
  if (node.kind !== 'field') return node.children.every((child) => isDecidedByKeys(child, index));
  if (!index.key.has(node.path) || index.multikeyPaths.has(node.path)) return false;
  return boundsOf(node, node.path, false).exact;
}

/** A filter that the keys decide, as a test of them. */
export function keyPredicate(node: FilterNode, index: IndexInfo): KeyPredicate {
  if (node.kind === 'expr') throw new TypeError('Keys do not decide on expressions');
  if (node.kind === 'field') {
    return componentPredicate(index, node.path, boundsOf(node, node.path, false).intervals);
  }
  const children = node.children.map((child) => keyPredicate(child, index));
  if (node.kind === 'and') return (key) => children.every((child) => child(key));
  const any: KeyPredicate = (key) => children.some((child) => child(key));
  return node.kind === 'or' ? any : (key) => !any(key);
}

/** Tests one component. */
export function componentPredicate(
  index: IndexInfo,
  path: string,
  intervals: readonly Interval[],
): KeyPredicate {
  const position = [...index.key.keys()].indexOf(path);
  const encoded = encodeIntervals(intervals, directionOf(index.key.get(path)!));
  return (key) => liesIn(key, position, encoded);
}
