import { BsonDocument, BsonValue, isNumber } from './bson-value';
import { MongoError } from './errors';
import { encodeKeyComponent, NOTHING } from './key-component';
import { arrayIndexOf } from './path';

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
