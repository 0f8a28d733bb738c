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
  return new PathApplication(root, modifier, choose).inDocument(root, [], path);
}

/** One modifier on its way down one document; `taken` is the path so far, `rest` what is left of it. */
class PathApplication {
  constructor(
    private readonly root: BsonDocument,
    private readonly modifier: Modifier,
    private readonly choose: ElementChoice,
  ) {}

  inDocument(document: BsonDocument, taken: readonly string[], path: readonly string[]): BsonDocument {
    const name = path[0]!;
    if (isDynamic(name)) throw notAnArray(document, taken);
    const old = document.get(name);
    const value = this.to(old, [...taken, name], path.slice(1));
    if (value === old) return document;
    if (old === undefined) checkNewName(name, taken);
    const copy = new Map(document);
    if (value === undefined) copy.delete(name);
    else copy.set(name, value);
    return copy;
  }

  private to(
    value: BsonValue | undefined,
    taken: readonly string[],
    rest: readonly string[],
  ): BsonValue | undefined {
    if (rest.length > 0)
      return value === undefined ? this.create(taken, rest) : this.inside(value, taken, rest);
    const place = { root: this.root, path: taken };
    const changed = value === undefined ? this.modifier.create?.() : this.modifier.change(value, place);
    if (changed !== undefined && changed !== value) checkStorable(changed, taken);
    return changed;
  }

  private create(taken: readonly string[], [name, ...rest]: readonly string[]): BsonValue | undefined {
    if (isDynamic(name!)) throw missingArray(taken);
    checkNewName(name!, taken);
    const value = this.to(undefined, [...taken, name!], rest);
    return value === undefined ? undefined : new Map([[name!, value]]);
  }

  private inside(container: BsonValue, taken: readonly string[], rest: readonly string[]): BsonValue {
    if (container instanceof Map) return this.inDocument(container, taken, rest);
    const [part, ...beyond] = rest as [string, ...string[]];
    if (Array.isArray(container)) {
      if (isDynamic(part)) return this.inElements(container, this.choose(part, container), taken, beyond);
      if (/^\d+$/.test(part)) return this.inElement(container, Number(part), taken, beyond);
    }
    if (isDynamic(part)) throw notAnArray(container, taken);
    if (this.modifier.create) throw cannotCreate(part, container, taken);
    if (this.modifier.operator !== '$unset') throw cannotTraverse(container, taken, rest);
    return container;
  }

  private inElements(
    array: BsonValue[],
    indexes: readonly number[],
    taken: readonly string[],
    rest: readonly string[],
  ): BsonValue[] {
    return indexes.reduce((changed, index) => this.inElement(changed, index, taken, rest), array);
  }

  private inElement(
    array: BsonValue[],
    index: number,
    taken: readonly string[],
    rest: readonly string[],
  ): BsonValue[] {
    const value = this.to(array[index], [...taken, String(index)], rest);
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
  return part.startsWith('$') && (part === '$' || /^\$\[.*\]$/.test(part));
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
