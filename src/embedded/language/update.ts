import { ObjectId } from 'bson';
import { BsonDocument, BsonValue, isDocument } from './bson-value';
import { isIdentical } from './codec';
import { compareValues } from './compare';
import { check } from './errors';
import { applyAtPath, checkStorable, MODIFIERS, PathUpdate } from './update-operators';

/** An update, ready to run. */
export interface CompiledUpdate {
  /**
   * The top-level fields that it reads and changes, with `_id`: to `apply` it, no others need be decoded. Null is all of
   * them, and then the order of the fields may change too.
   */
  readonly fields: ReadonlySet<string> | null;
  /** The document after the update; `modified` is false, and the document the very same, where nothing changes. */
  apply(document: BsonDocument): { document: BsonDocument; modified: boolean };
  /** The document that an upsert inserts, `_id` first, made from what its filter says that fields equal. */
  insert(equalities: ReadonlyMap<string, BsonValue>): BsonDocument;
}

/**
 * Makes an update ready to run: a replacement, or operators.
 * @throws MongoError FailedToParse (9), ConflictingUpdateOperators (40), NotImplemented (238) and others
 */
export function compileUpdate(
  update: BsonDocument | BsonValue[],
  { multi = false }: { readonly multi?: boolean } = {},
): CompiledUpdate {
  check(!Array.isArray(update), 238, 'An update by a pipeline is not supported');
  if (update.keys().next().value?.startsWith('$')) return compileOperators(update);
  check(!multi, 9, 'multi update is not supported for replacement-style update');
  checkStorable(update, 0);
  return compiled(null, () => update);
}

/** @param run makes the new document; what it leaves as it is must be the very same value */
function compiled(
  fields: ReadonlySet<string> | null,
  run: (document: BsonDocument, isInsert: boolean) => BsonDocument,
): CompiledUpdate {
  const withId = (document: BsonDocument, isInsert: boolean) => {
    const changed = run(document, isInsert);
    const id = document.get('_id');
    const own = changed.get('_id');
    // Operators take it away or change it; a replacement may leave it out, and writes a number in its own type.
    const keepsId =
      id === undefined || (fields ? own === id : own === undefined || compareValues(own, id) === 0);
    check(keepsId, 66, "Performing an update on the path '_id' would modify the immutable field '_id'");
    return withIdFirst(changed, id ?? own);
  };
  return {
    fields,
    apply(document) {
      const changed = withId(document, false);
      const modified = fields ? changed !== document : !isIdentical(document, changed);
      return { document: modified ? changed : document, modified };
    },
    insert(equalities) {
      const document = withId(documentOfPaths(equalities), true);
      const id = document.get('_id') ?? new ObjectId();
      checkStorable(document, 0);
      return withIdFirst(document, id);
    },
  };
}

function withIdFirst(document: BsonDocument, id: BsonValue | undefined): BsonDocument {
  if (id === undefined || document.keys().next().value === '_id') return document;
  const result: BsonDocument = new Map([['_id', id]]);
  for (const [name, value] of document) if (name !== '_id') result.set(name, value);
  return result;
}

/** The filter's fields in MongoDB's order: that of their paths. */
function documentOfPaths(equalities: ReadonlyMap<string, BsonValue>): BsonDocument {
  const updates = [...equalities].map(([path, value]) => ({
    operator: '$set',
    path: path.split('.'),
    modifier: () => value,
  }));
  return updates.sort(comparePaths).reduce(applyAtPath, new Map());
}

function compileOperators(update: BsonDocument): CompiledUpdate {
  const steps = parseSteps(update);
  return compiled(new Set(['_id', ...steps.map(({ path }) => path[0]!)]), (document, isInsert) =>
    steps.filter(({ operator }) => isInsert || operator !== '$setOnInsert').reduce(applyAtPath, document),
  );
}

/** Operators of MongoDB that this engine does without. */
const REFUSED = ['$bit', '$currentDate', '$rename', '$pullAll'];

/** In the order in which MongoDB runs them, which decides where new fields stand: that of their paths. */
function parseSteps(update: BsonDocument): PathUpdate[] {
  const steps: PathUpdate[] = [];
  for (const [operator, fields] of update) {
    check(!REFUSED.includes(operator), 238, `${operator} is not supported`);
    check(Object.hasOwn(MODIFIERS, operator), 9, `Unknown modifier: ${operator}`);
    check(
      isDocument(fields) && fields.size > 0,
      9,
      `${operator} takes a document of fields, not an empty one`,
    );
    for (const [name, operand] of fields) {
      const path = parseUpdatePath(name);
      steps.push({ operator, path, modifier: MODIFIERS[operator]!(operand) });
    }
  }
  steps.sort(comparePaths);
  const conflict = steps.find(({ path }, i) =>
    `${steps[i + 1]?.path.join('.')}.`.startsWith(`${path.join('.')}.`),
  );
  check(!conflict, 40, `Updating the path '${conflict?.path.join('.')}' would create a conflict`);
  return steps;
}

function parseUpdatePath(name: string): string[] {
  const path = name.split('.');
  check(!path.includes(''), 56, `The update path '${name}' contains an empty field name.`);
  const isDynamic = path.some((part) => part === '$' || part.startsWith('$['));
  check(!isDynamic, 238, `Array elements by $, $[] and $[name] are not supported: '${name}'`);
  const isPlain = !path.some((part) => part.startsWith('$'));
  check(isPlain, 52, `The dollar ($) prefixed field in '${name}' is not valid for storage.`);
  return path;
}

/** Part by part: a path stands right before those that lead on from it. */
function comparePaths(a: PathUpdate, b: PathUpdate): number {
  return compareValues(a.path.join('\0'), b.path.join('\0'));
}
