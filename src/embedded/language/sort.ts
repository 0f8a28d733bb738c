import { BsonDocument, isDocument, isNumber } from './bson-value';
import { check, MongoError } from './errors';
import { indexKeysOf } from './index-key';
import { toDouble } from './numbers';
import { parseFieldPath } from './path';

/** One key of a sort order. */
export interface SortKey {
  readonly path: string;
  readonly direction: 1 | -1;
}

/**
 * Reads a sort specification.
 * @throws MongoError 15974, 15975 and others for what is none
 */
export function parseSort(spec: BsonDocument): SortKey[] {
  return [...spec].map(([path, order]) => {
    check(!isDocument(order) || !order.has('$meta'), 238, 'Sorting by $meta is not supported');
    check(isNumber(order), 15974, `Illegal key in $sort specification: ${path}`);
    const direction = Math.trunc(toDouble(order));
    const isDirection = direction === 1 || direction === -1;
    check(isDirection, 15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    parseFieldPath(path);
    return { path, direction };
  });
}

/**
 * Makes the function that gives a document's place in a sort order: bytes that compare (`Buffer.compare`) as the
 * documents sort. An array stands where its least element does, or its greatest in a descending order.
 * @throws MongoError BadValue (2) from the function, for a document with arrays under two of the paths
 */
export function sortKeyOf(spec: BsonDocument): (document: BsonDocument) => Uint8Array {
  parseSort(spec);
  return (document) => {
    const keys = keysOf(document, spec).map((key) => Buffer.concat(key));
    return keys.reduce((least, key) => (Buffer.compare(key, least) < 0 ? key : least));
  };
}

function keysOf(document: BsonDocument, spec: BsonDocument): Uint8Array[][] {
  try {
    return indexKeysOf(document, spec);
  } catch (error) {
    if (!(error instanceof MongoError) || error.code !== 171) throw error;
    throw new MongoError(2, 'cannot sort with keys that are parallel arrays');
  }
}

/** A few milliseconds of sorting. */
const LONGEST_RUN = 2000;

/**
 * Sorts by keys as `sortKeyOf` gives them, keeping the order of equals: in runs that are merged, so that it can pause.
 * @param pauses counts one step; true where the thread may be given away, which is told by a null
 */
export function* sortByKey<Item extends { readonly key: Uint8Array }>(
  items: readonly Item[],
  pauses: () => boolean,
): Generator<null, Item[]> {
  let runs: Item[][] = [];
  for (let at = 0; at < items.length; at += LONGEST_RUN) {
    runs.push(items.slice(at, at + LONGEST_RUN).sort((a, b) => Buffer.compare(a.key, b.key)));
    yield null;
  }
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let i = 0; i < runs.length; i += 2)
      merged.push(yield* mergeRuns(runs[i]!, runs[i + 1] ?? [], pauses));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* mergeRuns<Item extends { readonly key: Uint8Array }>(
  left: readonly Item[],
  right: readonly Item[],
  pauses: () => boolean,
): Generator<null, Item[]> {
  const merged: Item[] = [];
  for (let l = 0, r = 0; l + r < left.length + right.length;) {
    const takesLeft =
      r >= right.length || (l < left.length && Buffer.compare(left[l]!.key, right[r]!.key) <= 0);
    merged.push(takesLeft ? left[l++]! : right[r++]!);
    if (pauses()) yield null;
  }
  return merged;
}

/** A comparison for `Array.prototype.sort`; where many are sorted, `sortKeyOf` once a document is quicker. */
export function compareBySort(spec: BsonDocument): (a: BsonDocument, b: BsonDocument) => number {
  const keyOf = sortKeyOf(spec);
  return (a, b) => Buffer.compare(keyOf(a), keyOf(b));
}
