import { BsonDocument, BsonValue } from './bson-value';
import { MongoError } from './errors';
import { formatField } from './message-format';
import { checkStorable, dollarPrefixed } from './storage-rules';

/** How many nulls an update may put before a new array element. */
const MAX_PADDING = 1_500_000;

/** The field that a modifier is about to change. */
export interface Place {
  readonly root: BsonDocument;
  readonly path: readonly string[];
}

/** What one update operator does to one field. */
export interface Modifier {
  readonly operator: string;
  /** The field's new value: the very same where nothing changes, `undefined` to remove it. */
  change(value: BsonValue, place: Place): BsonValue | undefined;
  /** The value for a field that is not there. Operators without this leave such a field alone. */
  readonly create?: () => BsonValue;
}

/** Which elements a dynamic part of a path (`$`, `$[]`, `$[name]`) stands for. */
export type ElementChoice = (part: string, array: BsonValue[]) => readonly number[];

/** One modifier at one path, ready to run. */
export interface PathUpdate {
  readonly path: readonly string[];
  readonly modifier: Modifier;
}

/**
 * The document after one modifier: a copy as far as it changed, or the very same document.
 * @throws MongoError PathNotViable (28), CannotBackfillArray (34), BadValue (2)
 */
export function applyAtPath(
  root: BsonDocument,
  { path, modifier }: PathUpdate,
  choose: ElementChoice,
): BsonDocument {
  return applyInside(root, [], path) as BsonDocument;

  function applyTo(value: BsonValue | undefined, taken: readonly string[], rest: readonly string[]) {
    if (rest.length > 0)
      return value === undefined ? createPath(taken, rest) : applyInside(value, taken, rest);
    const changed = value === undefined ? modifier.create?.() : modifier.change(value, { root, path: taken });
    if (changed !== undefined && changed !== value) checkStorable(changed, taken);
    return changed;
  }

  function createPath(taken: readonly string[], [name, ...rest]: readonly string[]): BsonValue | undefined {
    if (isDynamic(name!)) throw missingArray(taken);
    checkNewName(name!, taken);
    const value = applyTo(undefined, [...taken, name!], rest);
    return value === undefined ? undefined : new Map([[name!, value]]);
  }

  function applyInside(container: BsonValue, taken: readonly string[], rest: readonly string[]): BsonValue {
    if (container instanceof Map) return applyInDocument(container, taken, rest);
    const [part, ...beyond] = rest as [string, ...string[]];
    if (Array.isArray(container)) {
      if (isDynamic(part)) return applyToEach(container, choose(part, container), taken, beyond);
      if (/^\d+$/.test(part)) return applyToElement(container, Number(part), taken, beyond);
    }
    if (isDynamic(part)) throw notAnArray(container, taken);
    if (modifier.create) throw cannotCreate(part, container, taken);
    if (modifier.operator !== '$unset') throw cannotTraverse(container, taken, rest);
    return container;
  }

  function applyInDocument(
    document: BsonDocument,
    taken: readonly string[],
    [name, ...rest]: readonly string[],
  ): BsonDocument {
    if (isDynamic(name!)) throw notAnArray(document, taken);
    const old = document.get(name!);
    const value = applyTo(old, [...taken, name!], rest);
    if (value === old) return document;
    if (old === undefined) checkNewName(name!, taken);
    const copy = new Map(document);
    if (value === undefined) copy.delete(name!);
    else copy.set(name!, value);
    return copy;
  }

  function applyToEach(
    array: BsonValue[],
    indexes: readonly number[],
    taken: readonly string[],
    rest: readonly string[],
  ) {
    return indexes.reduce((changed, index) => applyToElement(changed, index, taken, rest), array);
  }

  function applyToElement(
    array: BsonValue[],
    index: number,
    taken: readonly string[],
    rest: readonly string[],
  ) {
    const value = applyTo(array[index], [...taken, String(index)], rest);
    if (value === array[index]) return array;
    if (index - array.length > MAX_PADDING) {
      throw new MongoError(34, `can't backfill more than ${MAX_PADDING} elements`);
    }
    const copy = [...array];
    while (copy.length < index) copy.push(null);
    // An element that is taken away leaves a hole: null.
    copy[index] = value ?? null;
    return copy;
  }
}

/** Whether a part of a path stands for elements that the update chooses. */
export function isDynamic(part: string): boolean {
  return part === '$' || /^\$\[.*\]$/.test(part);
}

/** A reference's fields may be set one by one. */
function checkNewName(name: string, taken: readonly string[]): void {
  if (name.startsWith('$') && !['$ref', '$id', '$db'].includes(name)) throw dollarPrefixed([...taken, name]);
}

function elementText(value: BsonValue, taken: readonly string[]): string {
  return formatField(taken.at(-1) ?? '', value);
}

function cannotCreate(part: string, container: BsonValue, taken: readonly string[]): MongoError {
  return new MongoError(28, `Cannot create field '${part}' in element {${elementText(container, taken)}}`);
}

function cannotTraverse(container: BsonValue, taken: readonly string[], rest: readonly string[]): MongoError {
  const path = [...taken, ...rest].join('.');
  return new MongoError(
    28,
    `Cannot use the part (${rest[0]}) of (${path}) to traverse the element ({${elementText(container, taken)}})`,
  );
}

function missingArray(taken: readonly string[]): MongoError {
  return new MongoError(
    2,
    `The path '${taken.join('.')}' must exist in the document in order to apply array updates.`,
  );
}

function notAnArray(container: BsonValue, taken: readonly string[]): MongoError {
  return new MongoError(
    2,
    `Cannot apply array updates to non-array element ${elementText(container, taken)}`,
  );
}
