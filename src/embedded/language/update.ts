import { Double, ObjectId, Timestamp } from 'bson';
import { BsonDocument, BsonValue, isDocument, isNumber, typeName, Value } from './bson-value';
import { isIdentical } from './codec';
import { compareValues } from './key-component';
import { check } from './errors';
import { calculate } from './numbers';

/** An update, ready to run. */
export interface CompiledUpdate {
  /**
   * The top-level fields that it reads and changes, with `_id`: to `apply` it, no others need be decoded. Null is all of
   * them, and then the order of the fields may change too.
   */
  readonly fields: ReadonlySet<string> | null;
  /** The document after the update: the very same where nothing changes. */
  apply(document: BsonDocument): BsonDocument;
  /** The document that an upsert inserts, `_id` first, made from what its filter says that fields equal. */
  insert(equalities: ReadonlyMap<string, BsonValue>): BsonDocument;
}

/**
 * Makes an update ready to run: a replacement, or operators.
 * @throws MongoError FailedToParse (9), ConflictingUpdateOperators (40) and others
 */
export function compileUpdate(update: BsonDocument | BsonValue[], multi = false): CompiledUpdate {
  check(!Array.isArray(update), 238, 'An update by a pipeline is not supported');
  if (update.keys().next().value?.startsWith('$')) {
    const steps = parseSteps(update);
    const fields = new Set(['_id', ...steps.map(({ path }) => path[0]!)]);
    return {
      fields,
      apply: (document) => applySteps(document, steps, false),
      insert: (equalities) => withId(applySteps(documentOf(equalities), steps, true)),
    };
  }
  check(!multi, 9, 'multi update is not supported for replacement-style update');
  checkStorable(update, 0);
  const isOpen = [...update.values()].some((value) => value instanceof Timestamp && value.isZero());
  check(!isOpen, 238, 'an empty timestamp, which stands for the present, is not supported');
  return {
    fields: null,
    apply(document) {
      const replacement = replace(document, update);
      return isIdentical(document, replacement) ? document : replacement;
    },
    insert: (equalities) => withId(replace(documentOf(equalities), update)),
  };
}

/** A replacement may leave the `_id` out, and may write the same number in another type. */
function replace(document: BsonDocument, replacement: BsonDocument): BsonDocument {
  const id = document.get('_id');
  const own = replacement.get('_id') ?? id;
  check(id === undefined || own === id || compareValues(own, id) === 0, 66, ID_STAYS);
  return withId(replacement, own);
}

const ID_STAYS = "The update would modify the immutable field '_id'";

/** The document with its `_id` first, which is made where there is none. */
function withId(document: BsonDocument, id: Value = document.get('_id')): BsonDocument {
  if (document.keys().next().value === '_id') return document;
  const result: BsonDocument = new Map([['_id', id ?? new ObjectId()]]);
  for (const [name, value] of document) if (name !== '_id') result.set(name, value);
  return result;
}

/** One update operator at one path. */
interface Step {
  readonly operator: string;
  readonly path: readonly string[];
  /** Sorts as the path does part by part: a path stands right before those that lead on from it. */
  readonly order: string;
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
      check(isNumber(value), 14, 'Cannot apply $inc to a value that is not a number');
      const sum = calculate('add', value, operand);
      const overflows = sum instanceof Double && !(value instanceof Double || operand instanceof Double);
      check(!overflows, 2, 'Failed to apply $inc: the result is no 64-bit integer');
      return sum;
    };
  },
  $min: (operand) => (value) => (value === undefined || compareValues(operand, value) < 0 ? operand : value),
  $max: (operand) => (value) => (value === undefined || compareValues(operand, value) > 0 ? operand : value),
};

function parseSteps(update: BsonDocument): Step[] {
  const steps: Step[] = [];
  for (const [operator, fields] of update) {
    const parse = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    check(parse !== undefined, 9, 'Unknown or unsupported modifier');
    check(isDocument(fields) && fields.size > 0, 9, 'An operator takes a document that is not empty');
    for (const [name, operand] of fields) steps.push(stepOf(operator, name, operand, parse(operand)));
  }
  steps.sort(inOrder);
  for (let i = 1; i < steps.length; i++) {
    const conflicts = `${steps[i]!.order}\0`.startsWith(`${steps[i - 1]!.order}\0`);
    check(!conflicts, 40, 'The update speaks twice of one path');
  }
  return steps;
}

function stepOf(operator: string, name: string, operand: BsonValue, modify: Step['modify']): Step {
  const path = name.split('.');
  check(!path.includes(''), 56, 'An update path contains an empty field name');
  path.forEach(checkName);
  checkStorable(operand, path.length);
  return { operator, path, order: path.join('\0'), modify };
}

/** The order in which MongoDB runs them, which decides where new fields stand: that of their paths. */
const inOrder = (a: Step, b: Step) => (a.order < b.order ? -1 : 1);

/**
 * What the steps make of a document; the very same where they change nothing.
 * @throws MongoError PathNotViable (28), ImmutableField (66), and what the operators throw
 */
function applySteps(document: BsonDocument, steps: readonly Step[], isInsert: boolean): BsonDocument {
  const changed: BsonDocument = new Map(document);
  const running = isInsert ? steps : steps.filter(({ operator }) => operator !== '$setOnInsert');
  // All of them run.
  if (running.filter((step) => change(changed, step, 0)).length === 0) return document;
  const id = document.get('_id');
  check(id === undefined || changed.get('_id') === id, 66, ID_STAYS);
  return changed;
}

/**
 * Takes a step in a document, which may be changed, where those inside it are replaced by changed copies.
 * @param depth how much of the path led to the document
 * @returns whether anything has changed
 */
function change(document: BsonDocument, step: Step, depth: number): boolean {
  const { path, operator } = step;
  const name = path[depth]!;
  const old = document.get(name);
  let value: Value;
  if (depth === path.length - 1) {
    value = step.modify(old);
    if (isIdentical(value, old)) return false;
  } else if (old === undefined || isDocument(old)) {
    const inner: BsonDocument = new Map(old);
    if (!change(inner, step, depth + 1)) return false;
    value = inner;
  } else {
    const isNothing = operator === '$unset' && !Array.isArray(old);
    check(isNothing, 28, `Cannot create '${path.join('.')}' in a value of the type ${typeName(old)}`);
    return false;
  }
  if (value === undefined) document.delete(name);
  else document.set(name, value);
  return true;
}

/** The fields of a filter in MongoDB's order, that of their paths. */
function documentOf(equalities: ReadonlyMap<string, BsonValue>): BsonDocument {
  const steps = Array.from(equalities, ([name, value]) => stepOf('$set', name, value, () => value));
  return applySteps(new Map(), steps.sort(inOrder), true);
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
  check(depth <= MAX_STORED_DEPTH, 15, 'The document nests too deep');
  if (Array.isArray(value)) {
    for (const element of value) checkStorable(element, depth + 1);
  } else if (value instanceof Map) {
    for (const [name, inner] of value) {
      checkName(name);
      checkStorable(inner, depth + 1);
    }
  }
}

function checkName(name: string): void {
  check(!name.startsWith('$'), 52, 'Names of fields in an update may not begin with $');
}
