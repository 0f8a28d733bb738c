import { BsonDocument, isNumber, Value } from './bson-value';
import { check } from './errors';
import { encodeKeyComponent, NOTHING } from './key-component';
import { toDouble } from './numbers';
import { arrayIndexOf, parseFieldPath } from './path';

/** One field of an index's key or of a sort order, its path taken apart. */
export interface KeyField {
  readonly path: string;
  readonly names: readonly string[];
  readonly direction: 1 | -1;
}

/** The fields of a key pattern. */
export function keyFieldsOf(keyPattern: BsonDocument): KeyField[] {
  return Array.from(keyPattern, ([path, order]) => ({
    path,
    names: path.split('.'),
    direction: isNumber(order) && toDouble(order) < 0 ? -1 : 1,
  }));
}

/** Reads a sort specification. @throws MongoError 15975 and others for what is none */
export function parseSort(spec: BsonDocument): KeyField[] {
  return Array.from(spec, ([path, order]) => {
    const direction = isNumber(order) ? Math.trunc(toDouble(order)) : NaN;
    const isDirection = direction === 1 || direction === -1;
    check(isDirection, 15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    return { path, names: parseFieldPath(path), direction };
  });
}

/**
 * The keys that a document has in an index, each a list of components: one key, or one for each array element.
 * @param code for arrays under two of the fields, whose elements could be combined in too many ways
 * @throws MongoError CannotIndexParallelArrays (171)
 */
export function indexKeysOf(document: BsonDocument, fields: readonly KeyField[], code = 171): Uint8Array[][] {
  const searches = fields.map(({ names }) => follow(document, names, 0, true));
  const keys = keyValues(searches, code).map((values) =>
    values.map((value, i) => encodeKeyComponent(value, fields[i]!.direction)),
  );
  if (keys.length === 1) return keys;
  return [...new Map(keys.map((key) => [Buffer.concat(key).toString('latin1'), key])).values()];
}

type KeyValue = Value | typeof NOTHING;

/** How far one field of an index key was followed: to its value, or to an array that must be entered. */
interface Search {
  readonly value: KeyValue;
  readonly names: readonly string[];
  /** How many of the names led to the value. */
  readonly depth: number;
  /** False for an array element: an array inside an array is a value. */
  readonly expands: boolean;
}

/** The values at the ends of the paths: one for each path, and that for each element of the arrays on the way. */
function keyValues(searches: readonly Search[], code: number): KeyValue[][] {
  const entered = searches.find(({ value, expands }) => expands && Array.isArray(value))?.value;
  if (entered === undefined) return [searches.map(({ value }) => value)];
  const isShared = ({ value, expands }: Search) => !expands || !Array.isArray(value) || value === entered;
  check(searches.every(isShared), code, 'arrays under two of the fields cannot be indexed or sorted by');
  const elements = entered as readonly KeyValue[];
  return (elements.length > 0 ? elements : ([NOTHING] as const)).flatMap((element) => {
    const enter = (search: Search) =>
      search.expands && search.value === entered
        ? follow(element, search.names, search.depth, false)
        : search;
    return keyValues(searches.map(enter), code);
  });
}

function follow(value: KeyValue, names: readonly string[], depth: number, expands: boolean): Search {
  for (; depth < names.length; depth++) {
    if (Array.isArray(value)) {
      const index = expands ? arrayIndexOf(names[depth]!) : null;
      if (index === null && expands) break;
      value = index === null ? undefined : value[index];
    } else {
      value = value instanceof Map ? value.get(names[depth]!) : undefined;
      expands = true;
    }
  }
  return { value, names, depth, expands };
}

/**
 * Makes the function that gives a document's place in a sort order: bytes that compare (`Buffer.compare`) as the
 * documents sort. An array stands where its least element does, or its greatest in a descending order.
 * @throws MongoError BadValue (2) from the function, for a document with arrays under two of the paths
 */
export function sortKeyOf(spec: BsonDocument): (document: BsonDocument) => Uint8Array {
  const fields = parseSort(spec);
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
