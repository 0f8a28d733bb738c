import { ObjectId } from 'bson';
import { compilePipeline } from './aggregate';
import { BsonDocument, BsonValue, isDocument, Value } from './bson-value';
import { isIdenticalDocument } from './codec';
import { compareStrings, compareValues } from './compare';
import { check, MongoError } from './errors';
import { checkId, checkStorable } from './storage-rules';
import { MODIFIERS, setter, applyAtPath, PathUpdate } from './update-operators';

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
 * Makes an update ready to run: a replacement, operators, or a pipeline of stages.
 * @throws MongoError FailedToParse (9), ConflictingUpdateOperators (40) and others
 */
export function compileUpdate(
  update: BsonDocument | BsonValue[],
  { multi = false }: { readonly multi?: boolean } = {},
): CompiledUpdate {
  if (Array.isArray(update)) return compileStages(update);
  const [first] = update.keys();
  if (first?.startsWith('$')) return compileOperators(update);
  check(!multi, 9, 'multi update is not supported for replacement-style update');
  return ofWholeDocuments(() => update);
}

/** The stages that an update may consist of. */
const UPDATE_STAGES = new Set(['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith']);

function compileStages(pipeline: BsonValue[]): CompiledUpdate {
  for (const stage of pipeline) {
    const [name] = isDocument(stage) ? stage.keys() : [];
    check(name === undefined || UPDATE_STAGES.has(name), 72, `${name} is not allowed within an update`);
  }
  // None of these stages reads another collection, pauses or holds anything.
  const source = { aggregate: () => [], pauses: () => false, takeMemory: () => undefined };
  const stages = compilePipeline(pipeline, source);
  return ofWholeDocuments((document) => [...stages([document])][0] ?? document);
}

/** An update that makes a new document, which keeps the `_id`. */
function ofWholeDocuments(change: (document: BsonDocument) => BsonDocument): CompiledUpdate {
  const run = (document: BsonDocument, id: Value) => {
    const changed = change(document);
    const own = changed.get('_id');
    const keepsId = own === undefined || id === undefined || compareValues(own, id) === 0;
    check(keepsId, 66, "The update would modify the immutable field '_id'");
    checkStorable(changed, []);
    return withIdFirst(changed, id ?? own);
  };
  return {
    fields: null,
    apply(document) {
      const changed = run(document, document.get('_id'));
      return isIdenticalDocument(document, changed)
        ? { document, modified: false }
        : { document: changed, modified: true };
    },
    insert: (equalities) => inserted(run(documentOfPaths(equalities), equalities.get('_id'))),
  };
}

function withIdFirst(document: BsonDocument, id: Value): BsonDocument {
  if (id === undefined || document.keys().next().value === '_id') return document;
  const result: BsonDocument = new Map([['_id', id]]);
  for (const [name, value] of document) if (name !== '_id') result.set(name, value);
  return result;
}

function inserted(document: BsonDocument): BsonDocument {
  const id = document.get('_id') ?? new ObjectId();
  checkId(id);
  return withIdFirst(document, id);
}

/** One operator on one path; a `$rename` stands at its destination. */
interface Step extends PathUpdate {
  readonly renamedFrom?: readonly string[];
}

function compileOperators(update: BsonDocument): CompiledUpdate {
  const steps = parseSteps(update);
  const run = (document: BsonDocument, isInsert: boolean) =>
    steps.reduce(
      (changed, step) => (step.operator === '$setOnInsert' && !isInsert ? changed : runStep(changed, step)),
      document,
    );
  return {
    fields: new Set(['_id', ...steps.flatMap(({ path, renamedFrom = path }) => [path[0]!, renamedFrom[0]!])]),
    apply(document) {
      const changed = run(document, false);
      return { document: changed, modified: changed !== document };
    },
    insert: (equalities) => inserted(run(documentOfPaths(equalities), true)),
  };
}

/** The filter's fields in MongoDB's order: that of their paths. */
function documentOfPaths(equalities: ReadonlyMap<string, BsonValue>): BsonDocument {
  const ordered = [...equalities].sort(([a], [b]) => compareStrings(a, b));
  return ordered.reduce<BsonDocument>(
    (document, [path, value]) => setAt(document, path.split('.'), value),
    new Map(),
  );
}

function setAt(document: BsonDocument, path: readonly string[], value: BsonValue): BsonDocument {
  return applyAtPath(document, { operator: '$set', path, modifier: setter(value) });
}

/** In the order in which MongoDB runs them, which decides where new fields stand: that of their paths. */
function parseSteps(update: BsonDocument): Step[] {
  const steps: Step[] = [];
  const taken: string[] = [];
  for (const [operator, fields] of update) {
    check(operator !== '$bit' && operator !== '$currentDate', 238, `${operator} is not supported`);
    check(operator === '$rename' || Object.hasOwn(MODIFIERS, operator), 9, `Unknown modifier: ${operator}`);
    check(
      isDocument(fields) && fields.size > 0,
      9,
      `${operator} takes a document of fields that is not empty`,
    );
    for (const [name, operand] of fields) {
      const path = parseUpdatePath(name);
      const step =
        operator === '$rename'
          ? parseRename(path, operand)
          : { operator, path, modifier: MODIFIERS[operator]!(operand) };
      for (const each of [step.renamedFrom, step.path]) if (each) takePath(taken, each.join('.'));
      steps.push(step);
    }
  }
  return steps.sort((a, b) => comparePaths(a.path, b.path));
}

function parseUpdatePath(name: string): string[] {
  const path = name.split('.');
  check(
    !path.includes(''),
    56,
    `The update path '${name}' contains an empty field name, which is not allowed.`,
  );
  check(!path.some(isDynamic), 238, `Array elements by $, $[] and $[name] are not supported: '${name}'`);
  return path;
}

function isDynamic(part: string): boolean {
  return part.startsWith('$') && (part === '$' || /^\$\[.*\]$/.test(part));
}

function parseRename(renamedFrom: string[], operand: BsonValue): Step {
  check(typeof operand === 'string', 2, "The 'to' field for $rename must be a string");
  const path = parseUpdatePath(operand);
  const shorter = Math.min(path.length, renamedFrom.length);
  const isApart = path.slice(0, shorter).some((part, index) => part !== renamedFrom[index]);
  check(isApart, 2, 'The source and target field for $rename must not be on the same path');
  return { operator: '$rename', path, renamedFrom, modifier: (value) => value };
}

function takePath(taken: string[], path: string): void {
  for (const other of taken) {
    const [shorter, longer] = other.length < path.length ? [other, path] : [path, other];
    const isWithin =
      longer.startsWith(shorter) && (longer.length === shorter.length || longer[shorter.length] === '.');
    if (isWithin)
      throw new MongoError(40, `Updating the path '${path}' would create a conflict at '${shorter}'`);
  }
  taken.push(path);
}

function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareStrings(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function runStep(document: BsonDocument, step: Step): BsonDocument {
  const changed = step.renamedFrom
    ? rename(document, step.renamedFrom, step.path)
    : applyAtPath(document, step);
  const id = document.get('_id');
  const keepsId = id === undefined || changed.get('_id') === id;
  check(keepsId, 66, "Performing an update on the path '_id' would modify the immutable field '_id'");
  return changed;
}

/** Moves a field, over what is there; nothing happens where there is no such field. */
function rename(root: BsonDocument, from: readonly string[], to: readonly string[]): BsonDocument {
  let source: Value = root;
  for (const name of from) {
    if (source === undefined) return root;
    check(!Array.isArray(source), 2, 'The source field of $rename cannot be an array element');
    check(source instanceof Map, 28, `$rename cannot follow the path to '${name}'`);
    source = source.get(name);
  }
  if (source === undefined) return root;
  let target: Value = root;
  for (const name of to) {
    check(!Array.isArray(target), 2, 'The destination field of $rename cannot be an array element');
    target = target instanceof Map ? target.get(name) : undefined;
  }
  const removal = { operator: '$unset', path: from, modifier: () => undefined };
  return applyAtPath(setAt(root, to, source), removal);
}
