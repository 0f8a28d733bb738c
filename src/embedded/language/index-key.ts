import { BsonDocument, BsonValue, isDocument, isNumber } from './bson-value';
import { check, MongoError } from './errors';
import { encodeKeyComponent, NOTHING } from './key-component';
import { toDouble } from './numbers';
import { arrayIndexOf, parseFieldPath } from './path';

type KeyValue = BsonValue | undefined | typeof NOTHING;

/** Where one field of an index key is being looked for. */
interface Search {
  readonly value: BsonValue | undefined;
  /** The names still to follow. */
  readonly path: readonly string[];
  /** False for an array element: an array inside an array is a value. */
  readonly expands: boolean;
}

/**
 * The keys that a document has in an index, each a list of components: one key, or one for each array element. None in
 * a wildcard index, which is never used to answer.
 * @throws MongoError CannotIndexParallelArrays (171)
 */
export function indexKeysOf(document: BsonDocument, keyPattern: BsonDocument): Uint8Array[][] {
  const fields = keyFieldsOf(keyPattern);
  if (fields === null) return [];
  const plain = plainKeyOf(document, fields);
  if (plain) return [plain];
  const searches = fields.map(({ path }) => ({ value: document, path, expands: true }));
  const keys = keyValues(searches).map((values) =>
    values.map((value, i) => encodeKeyComponent(value, fields[i]!.direction)),
  );
  return keys.length === 1 ? keys : withoutRepeats(keys);
}

/** The one key of nearly every document: top-level fields, none of which holds an array. Null for any other. */
function plainKeyOf(document: BsonDocument, fields: readonly KeyField[]): Uint8Array[] | null {
  const key: Uint8Array[] = [];
  for (const { path, direction } of fields) {
    const value = path.length === 1 ? document.get(path[0]!) : [];
    if (Array.isArray(value)) return null;
    key.push(encodeKeyComponent(value, direction));
  }
  return key;
}

interface KeyField {
  readonly path: readonly string[];
  readonly direction: 1 | -1;
}

const knownPatterns = new WeakMap<BsonDocument, readonly KeyField[] | null>();

/** The fields of a key pattern, which never changes; null for a wildcard's. */
function keyFieldsOf(keyPattern: BsonDocument): readonly KeyField[] | null {
  const known = knownPatterns.get(keyPattern);
  if (known !== undefined) return known;
  const isWildcard = [...keyPattern.keys()].some((path) => path.endsWith('$**'));
  const fields = Array.from(keyPattern, ([path, order]) => ({
    path: path.split('.'),
    direction: directionOf(order),
  }));
  knownPatterns.set(keyPattern, isWildcard ? null : fields);
  return isWildcard ? null : fields;
}

/** Which way a key pattern's number points. */
export function directionOf(order: BsonValue): 1 | -1 {
  return isNumber(order) && Number(order.toString()) < 0 ? -1 : 1;
}

function withoutRepeats(keys: Uint8Array[][]): Uint8Array[][] {
  return [...new Map(keys.map((key) => [Buffer.concat(key).toString('latin1'), key])).values()];
}

function keyValues(starts: readonly Search[]): KeyValue[][] {
  const searches = starts.map(follow);
  const first = searches.find(isExpandable);
  if (first === undefined) return [searches.map(({ value }) => value)];
  const arrays = searches.filter(isExpandable);
  const parallel = arrays.find((search) => search.value !== first.value);
  if (parallel) throw cannotIndexParallelArrays(starts, searches, parallel, first);
  const elements = first.value as BsonValue[];
  if (elements.length === 0) return [searches.map(ofEmptyArray)];
  return elements.flatMap((element) =>
    keyValues(searches.map((search) => (arrays.includes(search) ? enter(search, element) : search))),
  );
}

function isExpandable({ value, expands }: Search): boolean {
  return expands && Array.isArray(value);
}

/** Follows a path down to its value, or to an array that must be entered element by element. */
function follow({ value, path, expands }: Search): Search {
  let depth = 0;
  for (; depth < path.length; depth++) {
    if (Array.isArray(value)) {
      const index = expands ? arrayIndexOf(path[depth]!) : null;
      if (index === null && expands) break;
      value = index === null ? undefined : value[index];
    } else {
      value = value instanceof Map ? value.get(path[depth]!) : undefined;
      expands = true;
    }
  }
  return { value, path: path.slice(depth), expands };
}

function enter(search: Search, element: BsonValue): Search {
  return { value: element, path: search.path, expands: false };
}

function ofEmptyArray({ value, path, expands }: Search): KeyValue {
  if (!expands || !Array.isArray(value)) return value;
  return path.length === 0 ? NOTHING : undefined;
}

function cannotIndexParallelArrays(
  starts: readonly Search[],
  ends: Search[],
  ...arrays: Search[]
): MongoError {
  const names = arrays.map((array) => {
    const { path } = starts[ends.indexOf(array)]!;
    return `[${path[path.length - array.path.length - 1]}]`;
  });
  return new MongoError(171, `cannot index parallel arrays ${names.join(' ')}`);
}

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
