import { BSONRegExp, Int32 } from 'bson';
import { BsonDocument, BsonValue, isDocument, isNumber, typeName, Value } from './bson-value';
import { isIdentical } from './codec';
import { compareValues } from './compare';
import { check, MongoError } from './errors';
import { parseFilter } from './filter';
import { compileFilter } from './filter-match';
import { calculate, Operation, toDouble } from './numbers';
import { arrayIndexOf } from './path';

/** What an update operator makes of one field's value; `undefined` is a field that is not there. */
export type Modifier = (value: Value) => Value;

/** The update operators: each makes the modifier for one field from its operand. */
export const MODIFIERS: Readonly<Record<string, (operand: BsonValue) => Modifier>> = {
  $set: (operand) => () => operand,
  $setOnInsert: (operand) => () => operand,
  $unset: () => () => undefined,
  $inc: (operand) => arithmetic('add', operand),
  $mul: (operand) => arithmetic('multiply', operand),
  $min: (operand) => (value) => (value === undefined || compareValues(operand, value) < 0 ? operand : value),
  $max: (operand) => (value) => (value === undefined || compareValues(operand, value) > 0 ? operand : value),
  $push: parsePush,
  $addToSet: (operand) => {
    const { values } = parseEach('$addToSet', operand, []);
    return ofArray((array = []) => values.reduce(withElement, array));
  },
  $pop: (operand) => {
    const end = isNumber(operand) ? toDouble(operand) : 0;
    check(end === 1 || end === -1, 9, '$pop expects 1 or -1');
    return ofArray((array) => (end === 1 ? array?.slice(0, -1) : array?.slice(1)), 14);
  },
  $pull: (operand) => {
    const isRemoved = parsePullCondition(operand);
    return ofArray((array) => array?.filter((element) => !isRemoved(element)));
  },
};

function arithmetic(operation: Operation, operand: BsonValue): Modifier {
  check(isNumber(operand), 14, `Cannot ${operation} with a non-numeric argument`);
  const start = operation === 'add' ? operand : calculate('multiply', operand, new Int32(0))!;
  return (value) => {
    if (value === undefined) return start;
    check(isNumber(value), 14, `Cannot ${operation} to a value of the type ${typeName(value)}`);
    const result = calculate(operation, value, operand);
    check(result !== null, 2, `Failed to ${operation}: the result is no 64-bit integer`);
    return result;
  };
}

/** @param code for a value that is no array */
function ofArray(change: (array: BsonValue[] | undefined) => Value, code = 2): Modifier {
  return (value) => {
    check(value === undefined || Array.isArray(value), code, 'This update operator needs an array');
    return change(value);
  };
}

function withElement(array: BsonValue[], added: BsonValue): BsonValue[] {
  return array.some((element) => compareValues(element, added) === 0) ? array : [...array, added];
}

/** One value, or `$each` of several with other clauses of the names that are given. */
function parseEach(
  operator: string,
  operand: BsonValue,
  known: string[],
): { values: BsonValue[]; clauses?: Record<string, BsonValue> } {
  if (!isDocument(operand) || !operand.has('$each')) return { values: [operand] };
  const { $each: values, ...clauses } = Object.fromEntries(operand);
  check(Array.isArray(values), operator === '$push' ? 2 : 14, `$each in ${operator} must be an array`);
  const unknown = Object.keys(clauses).find((name) => !known.includes(name));
  const isElsewhere = unknown === '$sort' || unknown === '$position';
  check(unknown === undefined, isElsewhere ? 238 : 2, `${operator} with ${unknown} is not supported`);
  return { values, clauses };
}

/** With `$slice`: how many of the first elements are kept, or of the last where it is negative. */
function parsePush(operand: BsonValue): Modifier {
  const { values, clauses } = parseEach('$push', operand, ['$slice']);
  const kept = clauses?.$slice;
  const slice = kept === undefined ? Infinity : isNumber(kept) ? toDouble(kept) : NaN;
  check(slice === Infinity || Number.isInteger(slice), 2, 'The value for $slice must be an integer');
  return ofArray((array = []) => {
    const pushed = [...array, ...values];
    return slice < 0 ? pushed.slice(slice) : pushed.slice(0, slice);
  });
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

/** How deep a stored document may nest; what is sent may go a little deeper. */
const MAX_STORED_DEPTH = 180;

/**
 * Checks what an update, unlike an insert, may not store: names that begin with `$`, also those of a database reference,
 * and documents that are too deep.
 * @param depth how deep the value is to stand
 * @throws MongoError DollarPrefixedFieldName (52), Overflow (15)
 */
export function checkStorable(value: BsonValue, depth: number): void {
  check(depth <= MAX_STORED_DEPTH, 15, `Document exceeds maximum nesting depth of ${MAX_STORED_DEPTH}`);
  if (Array.isArray(value)) for (const element of value) checkStorable(element, depth + 1);
  if (!isDocument(value)) return;
  for (const [name, inner] of value) {
    check(!name.startsWith('$'), 52, `The dollar ($) prefixed field '${name}' is not valid for storage.`);
    checkStorable(inner, depth + 1);
  }
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
 * @throws MongoError PathNotViable (28), CannotBackfillArray (34), and what the operator throws
 */
export function applyAtPath(document: BsonDocument, update: PathUpdate): BsonDocument {
  return changed(document, update, 0) as BsonDocument;
}

/** @param depth how much of the path led to `value` */
function changed(value: Value, update: PathUpdate, depth: number): Value {
  const { path, modifier, operator } = update;
  if (depth === path.length) {
    const result = modifier(value);
    if (isIdentical(result, value)) return value;
    if (result !== undefined) checkStorable(result, path.length);
    return result;
  }
  const name = path[depth]!;
  if (value === undefined || value instanceof Map) {
    const old = value?.get(name);
    const inner = changed(old, update, depth + 1);
    if (inner === old) return value;
    const copy: BsonDocument = new Map(value);
    if (inner === undefined) copy.delete(name);
    else copy.set(name, inner);
    return copy;
  }
  const index = Array.isArray(value) ? arrayIndexOf(name) : null;
  if (Array.isArray(value) && index !== null) {
    const element = changed(value[index], update, depth + 1);
    if (element === value[index]) return value;
    check(index - value.length <= MAX_PADDING, 34, `can't backfill more than ${MAX_PADDING} elements`);
    const copy = [...value];
    while (copy.length < index) copy.push(null);
    // An element that is taken away leaves a hole: null.
    copy[index] = element ?? null;
    return copy;
  }
  if (operator === '$unset') return value;
  throw new MongoError(28, `Cannot create field '${name}' in a value of the type ${typeName(value)}`);
}
