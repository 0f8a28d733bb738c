import { BsonDocument, BsonValue, isNumber, Value } from './bson-value';
import { check } from './errors';
import { encodeKeyComponent, NOTHING } from './key-component';
import { toDouble } from './numbers';
import { arrayIndexOf, parseFieldPath } from './path';

/** One key of a sort order. */
export interface SortKey {
  readonly path: string;
  readonly direction: 1 | -1;
}

/** A field of an index's key, its path taken apart. */
export interface KeyField extends SortKey {
  readonly names: readonly string[];
}

/** The fields of a key pattern. */
export function keyFieldsOf(keyPattern: BsonDocument): KeyField[] {
  return Array.from(keyPattern, ([path, order]) => ({
    path,
    names: path.split('.'),
    direction: isNumber(order) && toDouble(order) < 0 ? -1 : 1,
  }));
}

/**
 * The keys that a document has in an index, each a list of components: one key, or one for each array element.
 * @param code for arrays under two of the fields, whose elements could be combined in too many ways
 * @throws MongoError CannotIndexParallelArrays (171)
 */
export function indexKeysOf(document: BsonDocument, fields: readonly KeyField[], code = 171): Uint8Array[][] {
  const plain = plainKeyOf(document, fields);
  if (plain) return [plain];
  const searches = fields.map(({ names }) => ({ value: document, path: names, expands: true }));
  const keys = keyValues(searches, code).map((values) =>
    values.map((value, i) => encodeKeyComponent(value, fields[i]!.direction)),
  );
  return [...new Map(keys.map((key) => [Buffer.concat(key).toString('latin1'), key])).values()];
}

/** The one key of nearly every document: top-level fields, none of which holds an array. Null for any other. */
function plainKeyOf(document: BsonDocument, fields: readonly KeyField[]): Uint8Array[] | null {
  const key: Uint8Array[] = [];
  for (const { path, names, direction } of fields) {
    const value = names.length === 1 ? document.get(path) : [];
    if (Array.isArray(value)) return null;
    key.push(encodeKeyComponent(value, direction));
  }
  return key;
}

type KeyValue = Value | typeof NOTHING;

/** Where one field of an index key is being looked for. */
interface Search {
  readonly value: KeyValue;
  /** The names still to follow. */
  readonly path: readonly string[];
  /** False for an array element: an array inside an array is a value. */
  readonly expands: boolean;
}

/** The values at the ends of the paths: one for each path, and that for each element of the arrays on the way. */
function keyValues(starts: readonly Search[], code: number): KeyValue[][] {
  const searches = starts.map(follow);
  const arrays = searches.filter(({ value, expands }) => expands && Array.isArray(value));
  if (arrays.length === 0) return [searches.map(({ value }) => value)];
  const elements = arrays[0]!.value as BsonValue[];
  const isShared = arrays.every(({ value }) => value === elements);
  check(isShared, code, 'arrays under two of the fields cannot be indexed or sorted by');
  const entered: readonly KeyValue[] = elements.length > 0 ? elements : [NOTHING];
  return entered.flatMap((element) => {
    const inside = searches.map((search): Search => {
      if (!arrays.includes(search)) return search;
      const value = element === NOTHING && search.path.length > 0 ? undefined : element;
      return { ...search, value, expands: false };
    });
    return keyValues(inside, code);
  });
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

/**
 * Reads a sort specification.
 * @throws MongoError 15975 and others for what is none
 */
export function parseSort(spec: BsonDocument): SortKey[] {
  return Array.from(spec, ([path, order]) => {
    const direction = isNumber(order) ? Math.trunc(toDouble(order)) : NaN;
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
  const fields = keyFieldsOf(spec);
  return (document) => {
    const keys = indexKeysOf(document, fields, 2).map((key) => Buffer.concat(key));
    return keys.reduce((least, key) => (Buffer.compare(key, least) < 0 ? key : least));
  };
}

/** A few milliseconds of sorting. */
const LONGEST_RUN = 2000;

/**
 * Sorts by keys as `sortKeyOf` gives them, keeping the order of equals: halves that are merged, so that it can pause.
 * @param pauses counts one step; true where the thread may be given away, which is told by a null
 */
export function* sortByKey<Item extends { readonly key: Uint8Array }>(
  items: readonly Item[],
  pauses: () => boolean,
): Generator<null, Item[]> {
  if (items.length <= LONGEST_RUN) {
    yield null;
    return [...items].sort((a, b) => Buffer.compare(a.key, b.key));
  }
  const middle = items.length >> 1;
  const left: Item[] = yield* sortByKey(items.slice(0, middle), pauses);
  const right: Item[] = yield* sortByKey(items.slice(middle), pauses);
  const merged: Item[] = [];
  for (let l = 0, r = 0; merged.length < items.length;) {
    const takesLeft =
      r === right.length || (l < left.length && Buffer.compare(left[l]!.key, right[r]!.key) <= 0);
    merged.push(takesLeft ? left[l++]! : right[r++]!);
    if (pauses()) yield null;
  }
  return merged;
}
