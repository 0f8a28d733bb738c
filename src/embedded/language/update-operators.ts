import { BSONRegExp, Double, Int32, Long } from 'bson';
import { BsonDocument, BsonValue, isDocument, isNumber, typeName, Value } from './bson-value';
import { isIdentical } from './codec';
import { compareValues } from './compare';
import { check, MongoError } from './errors';
import { parseFilter } from './filter';
import { compileFilter } from './filter-match';
import { calculate, Operation, toDouble } from './numbers';
import { compareBySort } from './index-key';
import { checkStorable, dollarPrefixed } from './storage-rules';

/**
 * What an update operator makes of one field's value: the very same where nothing changes; `undefined` is a field that
 * is not there.
 */
export type Modifier = (value: Value) => Value;

/** Makes the modifier for one field from its operand. */
type ModifierParser = (operand: BsonValue) => Modifier;

/** The update operators, but for `$rename`. */
export const MODIFIERS: Readonly<Record<string, ModifierParser>> = {
  $set: setter,
  $setOnInsert: setter,
  $unset: () => () => undefined,
  $inc: (operand) => arithmetic('add', operand),
  $mul: (operand) => arithmetic('multiply', operand),
  $min: (operand) => (value) => (value === undefined || compareValues(operand, value) < 0 ? operand : value),
  $max: (operand) => (value) => (value === undefined || compareValues(operand, value) > 0 ? operand : value),
  $push: parsePush,
  $addToSet: parseAddToSet,
  $pop: parsePop,
  $pull: (operand) => remover(parsePullCondition(operand)),
  $pullAll: (operand) => {
    check(Array.isArray(operand), 2, `$pullAll requires an array, not a ${typeName(operand)}`);
    return remover((element) => includes(operand, element));
  },
};

/** Puts a value where it is applied. */
export function setter(operand: BsonValue): Modifier {
  return (value) => (isIdentical(value, operand) ? value : operand);
}

function arithmetic(operation: Operation, operand: BsonValue): Modifier {
  check(isNumber(operand), 14, `Cannot ${operation} with a non-numeric argument`);
  const start = operation === 'add' ? operand : calculate('multiply', operand, new Int32(0))!;
  return (value) => {
    if (value === undefined) return start;
    check(isNumber(value), 14, `Cannot ${operation} to a value of the type ${typeName(value)}`);
    const result = calculate(operation, value, operand);
    check(result !== null, 2, `Failed to ${operation}: the result is no 64-bit integer`);
    return isIdentical(result, value) ? value : result;
  };
}

function parseAddToSet(operand: BsonValue): Modifier {
  const isEach = isDocument(operand) && operand.keys().next().value === '$each';
  const given = isEach ? operand.get('$each')! : [operand];
  check(Array.isArray(given), 14, 'The argument to $each in $addToSet must be an array');
  check(!isEach || operand.size === 1, 2, 'Found unexpected fields after $each in $addToSet');
  const values = given.filter((value, index) => !includes(given.slice(0, index), value));
  return (value) => {
    if (value === undefined) return values;
    check(Array.isArray(value), 2, `Cannot apply $addToSet to a value of the type ${typeName(value)}`);
    const added = values.filter((element) => !includes(value, element));
    return added.length === 0 ? value : [...value, ...added];
  };
}

function includes(values: BsonValue[], wanted: BsonValue): boolean {
  return values.some((value) => compareValues(value, wanted) === 0);
}

function parsePop(operand: BsonValue): Modifier {
  const end = isNumber(operand) ? toDouble(operand) : 0;
  check(end === 1 || end === -1, 9, '$pop expects 1 or -1');
  return (value) => {
    if (value === undefined) return value;
    check(Array.isArray(value), 14, `Cannot apply $pop to a value of the type ${typeName(value)}`);
    if (value.length === 0) return value;
    return end === 1 ? value.slice(0, -1) : value.slice(1);
  };
}

function remover(isRemoved: (element: BsonValue) => boolean): Modifier {
  return (value) => {
    if (value === undefined) return value;
    check(Array.isArray(value), 2, 'Cannot apply $pull to a non-array value');
    const kept = value.filter((element) => !isRemoved(element));
    return kept.length === value.length ? value : kept;
  };
}

/** A condition on documents (`{ k: 1 }`), on values (`{ $gt: 1 }`, a pattern), or a value to equal. */
function parsePullCondition(operand: BsonValue): (element: BsonValue) => boolean {
  if (isDocument(operand) && operand.keys().next().value?.startsWith('$') !== true) {
    const { matches } = compileFilter(parseFilter(operand));
    return (element) => isDocument(element) && matches(element);
  }
  if (isDocument(operand) || operand instanceof BSONRegExp) {
    const { matches } = compileFilter(parseFilter(new Map([['', operand]])));
    return (element) => matches(new Map([['', element]]));
  }
  return (element) => compareValues(element, operand) === 0;
}

/** One value, or `$each` of several with `$position`, `$sort` and `$slice`. */
function parsePush(operand: BsonValue): Modifier {
  const clauses: BsonDocument =
    isDocument(operand) && operand.has('$each') ? operand : new Map([['$each', [operand]]]);
  const known = ['$each', '$slice', '$sort', '$position'];
  const unknown = [...clauses.keys()].find((name) => !known.includes(name));
  check(unknown === undefined, 2, `Unrecognized clause in $push: ${unknown}`);
  const values = clauses.get('$each')!;
  check(Array.isArray(values), 2, 'The argument to $each in $push must be an array');
  const [slice, position] = ['$slice', '$position'].map((name) => integerClause(name, clauses.get(name)));
  const order = clauses.has('$sort') ? parsePushSort(clauses.get('$sort')!) : null;
  return (array = []) => {
    check(Array.isArray(array), 2, `Cannot apply $push to a value of the type ${typeName(array)}`);
    const from = position ?? array.length;
    const at = from < 0 ? Math.max(array.length + from, 0) : from;
    let result = values.length === 0 ? array : [...array.slice(0, at), ...values, ...array.slice(at)];
    if (order) result = [...result].sort(order);
    if (slice === undefined || result.length <= Math.abs(slice)) return result;
    return slice < 0 ? result.slice(slice) : result.slice(0, slice);
  };
}

function integerClause(name: string, value: Value): number | undefined {
  if (value === undefined) return undefined;
  const number =
    value instanceof Int32 || value instanceof Double || value instanceof Long ? toDouble(value) : NaN;
  check(Number.isInteger(number), 2, `The value for ${name} must be an integer`);
  return number;
}

function parsePushSort(sort: BsonValue): (a: BsonValue, b: BsonValue) => number {
  const isDirection = (value: BsonValue) => isNumber(value) && Math.abs(toDouble(value)) === 1;
  if (isNumber(sort)) {
    check(isDirection(sort), 2, 'The $sort element value must be either 1 or -1');
    const direction = toDouble(sort);
    return (a, b) => direction * compareValues(a, b);
  }
  check(isDocument(sort) && sort.size > 0, 2, 'The $sort of $push takes 1, -1 or { field: 1 | -1 }');
  for (const [path, direction] of sort) {
    check(isDirection(direction), 2, 'The $sort element value must be either 1 or -1');
    check(!path.split('.').includes(''), 2, 'The $sort field has an empty part');
  }
  const compare = compareBySort(sort);
  // An element that is no document sorts as one without fields.
  const asDocument = (value: BsonValue) => (isDocument(value) ? value : new Map<string, BsonValue>());
  return (a, b) => compare(asDocument(a), asDocument(b));
}

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
