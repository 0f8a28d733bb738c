import { BSONRegExp, Double, Int32, ObjectId } from 'bson';
import { ACCUMULATORS } from './accumulators';
import { BsonDocument, BsonValue, documentOf, isDocument, isNumber, Value } from './bson-value';
import { compareValues } from './compare';
import { check, MongoError } from './errors';
import {
  Expression,
  ExpressionCompiler,
  isTruthy,
  nameOf,
  Scope,
  withVariables,
  countElements,
} from './evaluation';
import {
  add,
  divide,
  halfToEven,
  logarithm,
  multiply,
  range,
  remainder,
  rounded,
  subtract,
} from './expression-arithmetic';
import { callMingo, isMingoOperator } from './mingo';
import { toDouble } from './numbers';
import { compileRegExp, readRegExp } from './regex';

/** Makes one operator with its operand ready to run. */
type Operator = (operand: BsonValue, compile: ExpressionCompiler) => Expression;

const ZERO = new Int32(0);
const ONE = new Int32(1);

/** Operators that are exact about BSON types and order, or choose what they evaluate. Mingo has the others. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  $literal: (operand) => () => operand,
  $and: (operand, compile) => {
    const conditions = listOf(operand).map(compile);
    return (scope) => conditions.every((condition) => isTruthy(condition(scope)));
  },
  $or: (operand, compile) => {
    const conditions = listOf(operand).map(compile);
    return (scope) => conditions.some((condition) => isTruthy(condition(scope)));
  },
  $ifNull: (operand, compile) => {
    const all = listOf(operand).map(compile);
    check(all.length >= 2, 1257300, '$ifNull needs at least two arguments');
    return (scope) => all.reduce<Value>((found, value) => found ?? value(scope), undefined);
  },
  $cond: compileCond,
  $switch: compileSwitch,
  $let: compileLet,
  $map: (operand, compile) =>
    compileEach('in', operand, compile, (array, valueOf) => array.map((each) => valueOf(each) ?? null)),
  $filter: (operand, compile) =>
    compileEach('cond', operand, compile, (array, valueOf) =>
      array.filter((each) => isTruthy(valueOf(each))),
    ),
  $reduce: compileReduce,
  $eq: values(2, 2, (a, b) => compare(a, b) === 0),
  $ne: values(2, 2, (a, b) => compare(a, b) !== 0),
  $gt: values(2, 2, (a, b) => compare(a, b) > 0),
  $gte: values(2, 2, (a, b) => compare(a, b) >= 0),
  $lt: values(2, 2, (a, b) => compare(a, b) < 0),
  $lte: values(2, 2, (a, b) => compare(a, b) <= 0),
  $cmp: values(2, 2, (a, b) => new Int32(Math.sign(compare(a, b)))),
  $not: values(1, 1, (value) => !isTruthy(value)),
  $add: values(0, Infinity, (...all) => all.reduce<Value>(add, ZERO)),
  $subtract: values(2, 2, subtract),
  $multiply: values(0, Infinity, (...all) => all.reduce<Value>(multiply, ONE)),
  $divide: values(2, 2, (a, b) => divide(a, b, (x, y) => new Double(toDouble(x) / toDouble(y)))),
  $mod: values(2, 2, (a, b) => divide(a, b, remainder)),
  $floor: values(1, 1, (value) => rounded(value, Math.floor)),
  $ceil: values(1, 1, (value) => rounded(value, Math.ceil)),
  $trunc: values(1, 1, (value) => rounded(value, Math.trunc)),
  $round: values(1, 1, (value) => rounded(value, halfToEven)),
  $ln: values(1, 1, (value) => (value == null ? null : new Double(logarithm(value)))),
  $year: datePart('$year', (date) => date.getUTCFullYear()),
  $month: datePart('$month', (date) => date.getUTCMonth() + 1),
  $size: values(1, 1, (array) => new Int32(arrayIn('$size', 17124, array).length)),
  $in: values(2, 2, (value, array) =>
    arrayIn('$in', 40081, array).some((each) => compare(value, each) === 0),
  ),
  $arrayElemAt: values(2, 2, elementAt),
  $first: values(1, 1, (array) => elementAt(array, ZERO)),
  $last: values(1, 1, (array) => elementAt(array, new Int32(-1))),
  $concatArrays: values(0, Infinity, (...all) =>
    all.some((array) => array == null)
      ? null
      : all.flatMap((array) => arrayIn('$concatArrays', 28664, array)),
  ),
  $reverseArray: values(1, 1, (array) =>
    array == null ? null : [...arrayIn('$reverseArray', 34435, array)].reverse(),
  ),
  $indexOfArray: values(2, 2, (array, value) =>
    array == null
      ? null
      : new Int32(arrayIn('$indexOfArray', 40090, array).findIndex((each) => compare(value, each) === 0)),
  ),
  $objectToArray: values(1, 1, (value) => {
    check(value == null || isDocument(value), 40390, '$objectToArray requires a document');
    return value == null ? null : Array.from(value, ([k, v]) => documentOf({ k, v }));
  }),
  $isArray: values(1, 1, (value) => Array.isArray(value)),
  $isNumber: values(1, 1, (value) => isNumber(value)),
  $slice: values(2, 3, slice),
  $range: values(2, 3, range),
  $concat: values(0, Infinity, concat),
  // Letters of ASCII only, as MongoDB does.
  $toUpper: values(1, 1, (text) => textIn(text).replace(/[a-z]+/g, (letters) => letters.toUpperCase())),
  $toLower: values(1, 1, (text) => textIn(text).replace(/[A-Z]+/g, (letters) => letters.toLowerCase())),
  $toString: values(1, 1, (value) =>
    value instanceof ObjectId ? value.toHexString() : callMingo('$toString', value ?? null),
  ),
  $type: values(1, 1, nameOf),
  $regexMatch: compileRegexMatch,
  ...Object.fromEntries('$sum $avg $min $max'.split(' ').map((name) => [name, overValues(name)])),
};

/**
 * Makes one operator with its operand ready to run.
 * @throws MongoError InvalidPipelineOperator (168), 16020 for the wrong number of arguments, and others
 */
export function compileOperator(name: string, operand: BsonValue, compile: ExpressionCompiler): Expression {
  if (Object.hasOwn(OPERATORS, name)) return OPERATORS[name]!(operand, compile);
  check(isMingoOperator(name), 168, `The expression '${name}' is unknown or not supported`);
  const valueOf = compile(operand);
  return (scope) => callMingo(name, valueOf(scope) ?? null);
}

/** An operator on `least` to `most` values. */
function values(least: number, most: number, run: (...values: Value[]) => Value): Operator {
  return (operand, compile) => {
    const operands = listOf(operand).map(compile);
    const isRight = operands.length >= least && operands.length <= most;
    check(isRight, least === most ? 16020 : 28667, `Wrong number of arguments: ${operands.length}`);
    const [first, second] = operands;
    if (operands.length === 1) return (scope) => run(first!(scope));
    if (operands.length === 2) return (scope) => run(first!(scope), second!(scope));
    return (scope) => run(...operands.map((valueOf) => valueOf(scope)));
  };
}

function listOf(operand: BsonValue): BsonValue[] {
  return Array.isArray(operand) ? operand : [operand];
}

/** The named parts of an operand, compiled; those that are optional may be `undefined`. */
function partsOf(operand: BsonValue, needed: string[], optional: string[] = []): BsonDocument {
  check(isDocument(operand), 16878, `Expected an object with ${needed.join(', ')}`);
  const missing = needed.find((name) => !operand.has(name));
  check(missing === undefined, 16879, `Missing parameter '${missing}'`);
  const unknown = [...operand.keys()].find((name) => !needed.includes(name) && !optional.includes(name));
  check(unknown === undefined, 16879, `Unrecognized parameter '${unknown}'`);
  return operand;
}

function compileCond(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const names = ['if', 'then', 'else'];
  const parts = isDocument(operand)
    ? names.map((name) => partsOf(operand, names).get(name)!)
    : listOf(operand);
  check(parts.length === 3, 16020, `$cond takes exactly 3 arguments. ${parts.length} were passed in.`);
  const [condition, yes, no] = parts.map(compile);
  return (scope) => (isTruthy(condition!(scope)) ? yes! : no!)(scope);
}

function compileSwitch(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const parts = partsOf(operand, ['branches'], ['default']);
  const cases = arrayIn('$switch', 40061, parts.get('branches')).map((branch) => {
    const each = partsOf(branch, ['case', 'then']);
    return { when: compile(each.get('case')!), then: compile(each.get('then')!) };
  });
  check(cases.length > 0, 40068, '$switch requires at least one branch.');
  const fallback = parts.has('default') ? compile(parts.get('default')!) : null;
  return (scope) => {
    for (const { when, then } of cases) if (isTruthy(when(scope))) return then(scope);
    if (fallback) return fallback(scope);
    throw new MongoError(40066, '$switch found no matching branch, and there is no default.');
  };
}

function compileLet(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const parts = partsOf(operand, ['vars', 'in']);
  const variables = parts.get('vars')!;
  check(isDocument(variables), 10065, 'invalid parameter: expected an object (vars)');
  const all = Array.from(variables, ([name, value]) => [name, compile(value)] as const);
  const inner = compile(parts.get('in')!);
  return (scope) => {
    const bound = all.map(([name, valueOf]) => [name, valueOf(scope)] as const);
    return inner(withVariables(scope, bound));
  };
}

/** What `$map` and `$filter` share: an array, a name for its elements, and what to do with each. */
function compileEach(
  action: string,
  operand: BsonValue,
  compile: ExpressionCompiler,
  run: (elements: BsonValue[], valueOf: (element: BsonValue) => Value) => BsonValue[],
): Expression {
  const parts = partsOf(operand, ['input', action], ['as']);
  const [input, inner] = ['input', action].map((name) => compile(parts.get(name)!));
  const name = String(parts.get('as') ?? 'this');
  return (scope) => {
    const array = input!(scope);
    if (array == null) return null;
    const elements = arrayIn('The input', action === 'in' ? 16883 : 28651, array);
    return run(elements, (element) => inner!(withVariables(scope, [[name, element]])));
  };
}

function compileReduce(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const names = ['input', 'initialValue', 'in'];
  const [input, initial, inner] = names.map((name) => compile(partsOf(operand, names).get(name)!));
  return (scope: Scope) => {
    const array = input!(scope);
    if (array == null) return null;
    const next = (value: Value, element: BsonValue) => {
      const bound = { value, this: element };
      return inner!(withVariables(scope, Object.entries(bound)));
    };
    return arrayIn('$reduce', 40080, array).reduce(next, initial!(scope));
  };
}

function compileRegexMatch(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const parts = partsOf(operand, ['input', 'regex'], ['options']);
  const regex = parts.get('regex')!;
  check(
    regex instanceof BSONRegExp || typeof regex === 'string',
    51105,
    '$regexMatch takes a constant pattern',
  );
  const pattern = compileRegExp(readRegExp(regex, parts.get('options')));
  const input = compile(parts.get('input')!);
  return (scope) => {
    const text = input(scope);
    check(text == null || typeof text === 'string', 51104, "$regexMatch needs 'input' to be of type string");
    return text != null && pattern.test(text);
  };
}

/** A missing field stands before null here, where filters take the two for the same. */
function compare(a: Value, b: Value): number {
  if (a !== undefined && b !== undefined) return compareValues(a, b);
  return Number(a !== undefined) - Number(b !== undefined);
}

/** Mingo knows time zones. */
function datePart(name: string, part: (utc: Date) => number): Operator {
  return (operand, compile) => {
    const valueOf = compile(operand);
    return (scope) => {
      const date = valueOf(scope) ?? null;
      return date instanceof Date ? new Int32(part(date)) : callMingo(name, date);
    };
  };
}

/** Counts the elements as work to be done. */
function arrayIn(operator: string, code: number, array: Value): BsonValue[] {
  if (!Array.isArray(array))
    throw new MongoError(code, `${operator} must be given an array, not ${nameOf(array)}`);
  countElements(array.length);
  return array;
}

function textIn(value: Value): string {
  check(
    value == null || typeof value === 'string',
    16007,
    `can't convert from BSON type ${nameOf(value)} to String`,
  );
  return value ?? '';
}

function elementAt(array: Value, index: Value): Value {
  if (array == null || index == null) return null;
  if (!Array.isArray(array)) throw new MongoError(28689, `$arrayElemAt needs an array, not ${nameOf(array)}`);
  check(isNumber(index), 28690, `$arrayElemAt needs a number as its second argument`);
  return array.at(toDouble(index));
}

function slice(array: Value, ...[start, count]: Value[]): Value {
  if (array == null || start == null || count === null) return null;
  const elements = arrayIn('$slice', 28724, array);
  check(isNumber(start), 28725, `Second argument to $slice must be a number, but is ${nameOf(start)}`);
  const from = toDouble(start);
  if (count === undefined) return from < 0 ? elements.slice(from) : elements.slice(0, from);
  check(isNumber(count) && toDouble(count) > 0, 28729, 'Third argument to $slice must be positive');
  const first = from < 0 ? Math.max(elements.length + from, 0) : from;
  return elements.slice(first, first + toDouble(count));
}

/** As long as a document may be. */
const LONGEST_TEXT = 16 * 1024 * 1024;

function concat(...texts: Value[]): Value {
  if (texts.some((text) => text == null)) return null;
  check(
    texts.every((text) => typeof text === 'string'),
    16702,
    '$concat only supports strings',
  );
  const length = texts.reduce<number>((sum, text) => sum + (text as string).length, 0);
  check(length <= LONGEST_TEXT, 16705, '$concat made a string that is longer than a document may be');
  return texts.join('');
}

/** An accumulator over its arguments, or over the elements of its only one. */
function overValues(name: string): Operator {
  return values(0, Infinity, (...all) => {
    const accumulator = ACCUMULATORS[name]!();
    const elements = all.length === 1 && Array.isArray(all[0]) ? all[0] : all;
    countElements(elements.length);
    for (const value of elements) accumulator.add(value);
    return accumulator.result();
  });
}
