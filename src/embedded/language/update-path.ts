import { BsonDocument, BsonValue, Value } from './bson-value';
import { check, MongoError } from './errors';
import { checkStorable, dollarPrefixed } from './storage-rules';
import { Modifier } from './update-operators';

/** How many nulls an update may put before a new array element. */
const MAX_PADDING = 1_500_000;

/** One update operator at one path. */
export interface PathUpdate {
  readonly operator: string;
  readonly path: readonly string[];
  readonly modifier: Modifier;
}

/**
 * The document after one operator: a copy as far as it changed, or the very same document.
 * @throws MongoError PathNotViable (28), CannotBackfillArray (34), BadValue (2)
 */
export function applyAtPath(root: BsonDocument, update: PathUpdate): BsonDocument {
  return inDocument(root, 0);

  /** `depth` is how much of the path led here. */
  function inDocument(document: BsonDocument, depth: number): BsonDocument {
    const name = update.path[depth]!;
    const old = document.get(name);
    const value = changed(old, depth + 1);
    if (value === old) return document;
    if (old === undefined) checkNewName(name, depth);
    const copy = new Map(document);
    if (value === undefined) copy.delete(name);
    else copy.set(name, value);
    return copy;
  }

  function changed(value: Value, depth: number): Value {
    if (depth < update.path.length) return value === undefined ? created(depth) : inside(value, depth);
    const result = update.modifier(value);
    if (result !== undefined && result !== value) checkStorable(result, update.path);
    return result;
  }

  function created(depth: number): Value {
    const name = update.path[depth]!;
    checkNewName(name, depth);
    const value = changed(undefined, depth + 1);
    return value === undefined ? undefined : new Map([[name, value]]);
  }

  function inside(container: BsonValue, depth: number): BsonValue {
    if (container instanceof Map) return inDocument(container, depth);
    const part = update.path[depth]!;
    if (Array.isArray(container) && /^\d+$/.test(part)) return inElement(container, Number(part), depth);
    if (update.operator === '$unset') return container;
    throw new MongoError(
      28,
      `Cannot create field '${part}' in the value at '${update.path.slice(0, depth).join('.')}'`,
    );
  }

  function inElement(array: BsonValue[], index: number, depth: number): BsonValue[] {
    const value = changed(array[index], depth + 1);
    if (value === array[index]) return array;
    check(index - array.length <= MAX_PADDING, 34, `can't backfill more than ${MAX_PADDING} elements`);
    const copy = [...array];
    while (copy.length < index) copy.push(null);
    // An element that is taken away leaves a hole: null.
    copy[index] = value ?? null;
    return copy;
  }

  /** A reference's fields may be set one by one. */
  function checkNewName(name: string, depth: number): void {
    if (name.startsWith('$') && !['$ref', '$id', '$db'].includes(name)) {
      throw dollarPrefixed(update.path.slice(0, depth + 1));
    }
  }
}
