import { ObjectId } from 'bson';
import { BsonDocument, BsonValue, isDocument, isNumber, typeName, Value } from './bson-value';
import { isIdentical } from './codec';
import { compareValues } from './compare';
import { check } from './errors';
import { calculate } from './numbers';

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
  if (update.keys().next().value?.startsWith('$')) {
    const steps = parseSteps(update);
    return compiled(new Set(['_id', ...steps.map(({ path }) => path[0]!)]), (document, isInsert) =>
      steps
        .filter(({ operator }) => isInsert || operator !== '$setOnInsert')
        .reduce<BsonDocument>(applyStep, document),
    );
  }
  check(!multi, 9, 'multi update is not supported for replacement-style update');
  checkStorable(update, 0);
  return compiled(null, () => update);
}

/** @param run makes the new document; operators leave what does not change the very same value */
function compiled(
  fields: ReadonlySet<string> | null,
  run: (document: BsonDocument, isInsert: boolean) => BsonDocument,
): CompiledUpdate {
  const withId = (document: BsonDocument, isInsert: boolean) => {
    const changed = run(document, isInsert);
    const id = document.get('_id');
    const own = changed.get('_id');
    // A replacement may leave it out, and may write the same number in another type.
    const isSame = own === id || (!fields && (own === undefined || compareValues(own, id) === 0));
    check(id === undefined || isSame, 66, "The update would modify the immutable field '_id'");
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
      checkStorable(document, 0);
      return withIdFirst(document, document.get('_id') ?? new ObjectId());
    },
  };
}

function withIdFirst(document: BsonDocument, id: Value): BsonDocument {
  if (id === undefined || document.keys().next().value === '_id') return document;
  const result: BsonDocument = new Map([['_id', id]]);
  for (const [name, value] of document) if (name !== '_id') result.set(name, value);
  return result;
}

/** One update operator at one path. */
interface Step {
  readonly operator: string;
  readonly path: readonly string[];
  /** What it makes of the field's value; `undefined` is a field that is not there. */
  readonly modify: (value: Value) => Value;
}

/** The update operators: each makes `modify` from its operand. */
const OPERATORS: Readonly<Record<string, (operand: BsonValue) => Step['modify']>> = {
  $set: (operand) => () => operand,
  $setOnInsert: (operand) => () => operand,
  $unset: () => () => undefined,
  $inc: (operand) => {
    check(isNumber(operand), 14, 'Cannot increment with a non-numeric argument');
    return (value) => {
      if (value === undefined) return operand;
      check(isNumber(value), 14, `Cannot apply $inc to a value of the type ${typeName(value)}`);
      const sum = calculate('add', value, operand);
      check(sum !== null, 2, 'Failed to apply $inc: the result is no 64-bit integer');
      return sum;
    };
  },
  $min: (operand) => (value) => (value === undefined || compareValues(operand, value) < 0 ? operand : value),
  $max: (operand) => (value) => (value === undefined || compareValues(operand, value) > 0 ? operand : value),
};

/** Operators of MongoDB that this engine does without. */
const REFUSED = '$mul $rename $currentDate $bit $push $pushAll $addToSet $pop $pull $pullAll'.split(' ');

/** In the order in which MongoDB runs them, which decides where new fields stand: that of their paths. */
function parseSteps(update: BsonDocument): Step[] {
  const steps: Step[] = [];
  for (const [operator, fields] of update) {
    check(!REFUSED.includes(operator), 238, `${operator} is not supported`);
    check(Object.hasOwn(OPERATORS, operator), 9, `Unknown modifier: ${operator}`);
    check(isDocument(fields) && fields.size > 0, 9, `${operator} takes a document that is not empty`);
    for (const [name, operand] of fields) {
      steps.push({ operator, path: parsePath(name), modify: OPERATORS[operator]!(operand) });
    }
  }
  steps.sort(comparePaths);
  const paths = steps.map(({ path }) => `${path.join('.')}.`);
  const conflict = paths.find((path, i) => i > 0 && path.startsWith(paths[i - 1]!));
  check(conflict === undefined, 40, `Updating the path '${conflict}' would create a conflict with another`);
  return steps;
}

function parsePath(name: string): string[] {
  const path = name.split('.');
  check(!path.includes(''), 56, `The update path '${name}' contains an empty field name.`);
  const isDynamic = path.some((part) => part === '$' || part.startsWith('$['));
  check(!isDynamic, 238, `Array elements by $, $[] and $[name] are not supported: '${name}'`);
  for (const part of path) checkName(part);
  return path;
}

/** Part by part: a path stands right before those that lead on from it. */
function comparePaths(a: Step, b: Step): number {
  return compareValues(a.path.join('\0'), b.path.join('\0'));
}

/** The filter's fields in MongoDB's order: that of their paths. */
function documentOfPaths(equalities: ReadonlyMap<string, BsonValue>): BsonDocument {
  const steps = Array.from(equalities, ([path, value]) => ({
    operator: '$set',
    path: path.split('.'),
    modify: () => value,
  }));
  return steps.sort(comparePaths).reduce<BsonDocument>(applyStep, new Map());
}

/** The document after a step: a copy as far as it changed, or the very same document. */
function applyStep(document: BsonDocument, step: Step): BsonDocument {
  return changed(document, step, 0) as BsonDocument;
}

/**
 * @param depth how much of the path led to `value`
 * @throws MongoError PathNotViable (28), and what the operator throws
 */
function changed(value: Value, step: Step, depth: number): Value {
  const { path, operator } = step;
  if (depth === path.length) {
    const result = step.modify(value);
    if (isIdentical(result, value)) return value;
    if (result !== undefined) checkStorable(result, path.length);
    return result;
  }
  const name = path[depth]!;
  if (value !== undefined && !isDocument(value)) {
    const isElement = Array.isArray(value) && /^\d+$/.test(name);
    check(!isElement, 238, 'Updates of single array elements are not supported');
    check(
      operator === '$unset',
      28,
      `Cannot create field '${name}' in a value of the type ${typeName(value)}`,
    );
    return value;
  }
  const old = value?.get(name);
  const inner = changed(old, step, depth + 1);
  if (inner === old) return value;
  const copy: BsonDocument = new Map(value);
  if (inner === undefined) copy.delete(name);
  else copy.set(name, inner);
  return copy;
}

/** How deep a stored document may nest; what is sent may go a little deeper. */
const MAX_STORED_DEPTH = 180;

/**
 * Checks what an update, unlike an insert, may not store: names that begin with `$`, also those of a database reference,
 * and documents that are too deep.
 * @param depth how deep the value is to stand
 * @throws MongoError DollarPrefixedFieldName (52), Overflow (15)
 */
function checkStorable(value: BsonValue, depth: number): void {
  check(depth <= MAX_STORED_DEPTH, 15, `Document exceeds maximum nesting depth of ${MAX_STORED_DEPTH}`);
  if (!isDocument(value) && !Array.isArray(value)) return;
  for (const [name, inner] of value.entries()) {
    checkName(String(name));
    checkStorable(inner, depth + 1);
  }
}

function checkName(name: string): void {
  check(!name.startsWith('$'), 52, `The dollar ($) prefixed field '${name}' is not valid for storage.`);
}
