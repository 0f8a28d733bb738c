import { BSONRegExp, Int32, ObjectId } from 'bson';
import { ACCUMULATORS } from './accumulators';
import { BsonDocument, BsonValue, isDocument, isNumber } from './bson-value';
import { DATE_OPERATORS } from './calendar';
import { compareValues } from './compare';
import { check, MongoError } from './errors';
import { add, floor, modulo, multiply, naturalLogarithm, quotient, subtract } from './expression-arithmetic';
import {
  Expression,
  ExpressionCompiler,
  isTruthy,
  nameOf,
  Scope,
  Value,
  withVariables,
} from './expression-scope';
import { callMingo, isMingoOperator } from './mingo';
import { toDouble } from './numbers';
import { compileRegExp, readRegExp } from './regex';
import { countElements } from './work';

/** Makes one operator with its operand ready to run. */
type Operator = (operand: BsonValue, compile: ExpressionCompiler) => Expression;

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
    const values = listOf(operand).map(compile);
    check(values.length >= 2, 1257300, '$ifNull needs at least two arguments');
    return (scope) => values.reduce<Value>((found, value) => found ?? value(scope), undefined);
  },
  $cond: compileCond,
  $switch: compileSwitch,
  $let: compileLet,
  $map: (operand, compile) =>
    compileEach('$map', 'in', operand, compile, (elements, valueOf) =>
      elements.map((each) => valueOf(each) ?? null),
    ),
  $filter: (operand, compile) =>
    compileEach('$filter', 'cond', operand, compile, (elements, valueOf) =>
      elements.filter((each) => isTruthy(valueOf(each))),
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
  $add: values(0, Infinity, add),
  $subtract: values(2, 2, subtract),
  $multiply: values(0, Infinity, multiply),
  $divide: values(2, 2, quotient),
  $mod: values(2, 2, modulo),
  $floor: values(1, 1, floor),
  $ln: values(1, 1, naturalLogarithm),
  $size: values(1, 1, (array) => {
    check(
      Array.isArray(array),
      17124,
      `The argument to $size must be an array, but was of type: ${nameOf(array)}`,
    );
    return new Int32(array.length);
  }),
  $in: values(2, 2, (value, array) => {
    check(Array.isArray(array), 40081, `$in requires an array as a second argument, found: ${nameOf(array)}`);
    countElements(array.length);
    return array.some((element) => compare(value, element) === 0);
  }),
  $arrayElemAt: values(2, 2, elementAt),
  $first: values(1, 1, (array) => elementAt(array, new Int32(0))),
  $last: values(1, 1, (array) => elementAt(array, new Int32(-1))),
  $concatArrays: values(0, Infinity, concatArrays),
  $isArray: values(1, 1, (value) => Array.isArray(value)),
  $isNumber: values(1, 1, (value) => isNumber(value)),
  $slice: values(2, 3, slice),
  $range: values(2, 3, range),
  $concat: values(0, Infinity, concat),
  $toUpper: values(1, 1, (text) => callMingo('$toUpper', text ?? '')),
  $toLower: values(1, 1, (text) => callMingo('$toLower', text ?? '')),
  $toString: values(1, 1, (value) =>
    value instanceof ObjectId ? value.toHexString() : callMingo('$toString', value ?? null),
  ),
  $type: values(1, 1, nameOf),
  $regexMatch: compileRegexMatch,
  $sum: overValues('$sum'),
  $avg: overValues('$avg'),
  $min: overValues('$min'),
  $max: overValues('$max'),
  $mergeObjects: overValues('$mergeObjects'),
  ...Object.fromEntries(
    Object.entries(DATE_OPERATORS).map(([name, run]) => [name, evaluated((operand) => run(operand))]),
  ),
};

/**
 * Makes one operator with its operand ready to run.
 * @throws MongoError InvalidPipelineOperator (168), 16020 for the wrong number of arguments, and others
 */
export function compileOperator(name: string, operand: BsonValue, compile: ExpressionCompiler): Expression {
  if (Object.hasOwn(OPERATORS, name)) return OPERATORS[name]!(operand, compile);
  check(isMingoOperator(name), 168, `Unrecognized expression '${name}'`);
  return evaluated((value) => callMingo(name, value))(operand, compile);
}

/** An operator on its evaluated operand: a value, or the list or document of values that it takes. */
function evaluated(run: (operand: BsonValue) => Value): Operator {
  return (operand, compile) => {
    const valueOf = compile(operand);
    return (scope) => run(valueOf(scope) ?? null);
  };
}

/** An operator on `least` to `most` values. */
function values(least: number, most: number, run: (...values: Value[]) => Value): Operator {
  return (operand, compile) => {
    const operands = listOf(operand).map(compile);
    const count = operands.length;
    check(
      count >= least && count <= most,
      least === most ? 16020 : 28667,
      `The expression takes ${least === most ? least : `${least} to ${most}`} arguments. ${count} were passed in.`,
    );
    const [first, second] = operands;
    if (count === 1) return (scope) => run(first!(scope));
    if (count === 2) return (scope) => run(first!(scope), second!(scope));
    return (scope) => run(...operands.map((valueOf) => valueOf(scope)));
  };
}

function listOf(operand: BsonValue): BsonValue[] {
  return Array.isArray(operand) ? operand : [operand];
}

function partsOf(
  operator: string,
  operand: BsonValue,
  needed: string[],
  optional: string[] = [],
): BsonDocument {
  check(isDocument(operand), 9, `${operator} requires an object as an argument`);
  const missing = needed.find((name) => !operand.has(name));
  check(missing === undefined, 9, `Missing '${missing}' parameter to ${operator}`);
  const unknown = [...operand.keys()].find((name) => !needed.includes(name) && !optional.includes(name));
  check(unknown === undefined, 9, `Unrecognized parameter to ${operator}: ${unknown}`);
  return operand;
}

function compileCond(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const names = ['if', 'then', 'else'];
  const parts = Array.isArray(operand)
    ? operand
    : names.map((name) => partsOf('$cond', operand, names).get(name)!);
  check(
    parts.length === 3,
    16020,
    `Expression $cond takes exactly 3 arguments. ${parts.length} were passed in.`,
  );
  const [condition, yes, no] = parts.map(compile);
  return (scope) => (isTruthy(condition!(scope)) ? yes! : no!)(scope);
}

function compileSwitch(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const parts = partsOf('$switch', operand, ['branches'], ['default']);
  const branches = parts.get('branches')!;
  check(Array.isArray(branches), 40061, "$switch expected an array for 'branches'");
  check(branches.length > 0, 40068, '$switch requires at least one branch.');
  const cases = branches.map((branch) => {
    const { when, then } = { when: 'case', then: 'then' };
    const each = partsOf('$switch', branch, [when, then]);
    return { when: compile(each.get(when)!), then: compile(each.get(then)!) };
  });
  const fallback = parts.has('default') ? compile(parts.get('default')!) : null;
  return (scope) => {
    for (const { when, then } of cases) if (isTruthy(when(scope))) return then(scope);
    if (fallback) return fallback(scope);
    throw new MongoError(
      40066,
      '$switch could not find a matching branch for an input, and no default was specified.',
    );
  };
}

function compileLet(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const parts = partsOf('$let', operand, ['vars', 'in']);
  const variables = parts.get('vars')!;
  check(isDocument(variables), 10065, 'invalid parameter: expected an object (vars)');
  const all = Array.from(variables, ([name, value]) => [name, compile(value)] as const);
  const inner = compile(parts.get('in')!);
  return (scope) =>
    inner(
      withVariables(
        scope,
        all.map(([name, valueOf]) => [name, valueOf(scope)] as const),
      ),
    );
}

/** What `$map` and `$filter` share: an array, a name for its elements, and what to do with each. */
function compileEach(
  operator: string,
  action: string,
  operand: BsonValue,
  compile: ExpressionCompiler,
  run: (elements: BsonValue[], valueOf: (element: BsonValue) => Value) => BsonValue[],
): Expression {
  const parts = partsOf(operator, operand, ['input', action], ['as']);
  const input = arrayInput(operator, compile(parts.get('input')!));
  const name = String(parts.get('as') ?? 'this');
  const inner = compile(parts.get(action)!);
  return (scope) => {
    const array = input(scope);
    return array && run(array, (element) => inner(withVariables(scope, [[name, element]])));
  };
}

function arrayInput(operator: string, input: Expression): (scope: Scope) => BsonValue[] | null {
  return (scope) => {
    const array = input(scope);
    if (array == null) return null;
    check(Array.isArray(array), operator === '$map' ? 16883 : 28651, `input to ${operator} must be an array`);
    countElements(array.length);
    return array;
  };
}

function compileReduce(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const parts = partsOf('$reduce', operand, ['input', 'initialValue', 'in']);
  const input = arrayInput('$reduce', compile(parts.get('input')!));
  const [initial, inner] = ['initialValue', 'in'].map((name) => compile(parts.get(name)!));
  return (scope) => {
    const array = input(scope);
    if (array === null) return null;
    const next = (value: Value, element: BsonValue) =>
      inner!(withVariables(scope, [['value', value], ['this', element]])); // prettier-ignore
    return array.reduce(next, initial!(scope));
  };
}

function compileRegexMatch(operand: BsonValue, compile: ExpressionCompiler): Expression {
  const parts = partsOf('$regexMatch', operand, ['input', 'regex'], ['options']);
  const [regex, options] = [parts.get('regex')!, parts.get('options')];
  check(
    regex instanceof BSONRegExp || typeof regex === 'string',
    51105,
    '$regexMatch takes a constant pattern',
  );
  const pattern = compileRegExp(readRegExp(regex, options));
  const input = compile(parts.get('input')!);
  return (scope) => {
    const text = input(scope);
    if (text == null) return false;
    check(typeof text === 'string', 51104, "$regexMatch needs 'input' to be of type string");
    return pattern.test(text);
  };
}

/** A missing field stands before null here, where filters take the two for the same. */
function compare(a: Value, b: Value): number {
  if (a !== undefined && b !== undefined) return compareValues(a, b);
  return Number(a !== undefined) - Number(b !== undefined);
}

function elementAt(array: Value, index: Value): Value {
  if (array == null || index == null) return null;
  check(
    Array.isArray(array),
    28689,
    `$arrayElemAt's first argument must be an array, but is ${nameOf(array)}`,
  );
  check(isNumber(index), 28690, `$arrayElemAt's second argument must be a number, but is ${nameOf(index)}`);
  return array.at(toDouble(index));
}

function concatArrays(...arrays: Value[]): Value {
  const result: BsonValue[] = [];
  for (const array of arrays) {
    if (array == null) return null;
    check(Array.isArray(array), 28664, `$concatArrays only supports arrays, not ${nameOf(array)}`);
    countElements(array.length);
    for (const element of array) result.push(element);
  }
  return result;
}

function slice(array: Value, ...[start, count]: Value[]): Value {
  if (array == null || start == null || count === null) return null;
  check(
    Array.isArray(array),
    28724,
    `First argument to $slice must be an array, but is of type: ${nameOf(array)}`,
  );
  check(
    isNumber(start),
    28725,
    `Second argument to $slice must be a number, but is of type: ${nameOf(start)}`,
  );
  const from = toDouble(start);
  if (count === undefined) return from < 0 ? array.slice(from) : array.slice(0, from);
  check(isNumber(count) && toDouble(count) > 0, 28729, 'Third argument to $slice must be positive');
  const first = from < 0 ? Math.max(array.length + from, 0) : from;
  return array.slice(first, first + toDouble(count));
}

function range(...bounds: Value[]): Value {
  const [start, end, step = 1] = bounds.map((bound) => {
    const number = isNumber(bound) ? toDouble(bound) : NaN;
    check(number === (number | 0), 34443, '$range takes 32-bit integers only');
    return number;
  }) as [number, number, number?];
  check(step !== 0, 34449, '$range requires a non-zero step value');
  const count = Math.max(Math.ceil((end - start) / step), 0);
  countElements(count);
  return Array.from({ length: count }, (_, index) => new Int32(start + index * step));
}

/** As long as a document may be. */
const LONGEST_TEXT = 16 * 1024 * 1024;

function concat(...texts: Value[]): Value {
  let result = '';
  for (const text of texts) {
    if (text == null) return null;
    check(typeof text === 'string', 16702, `$concat only supports strings, not ${nameOf(text)}`);
    result += text;
    check(
      result.length <= LONGEST_TEXT,
      16705,
      '$concat made a string that is longer than a document may be',
    );
  }
  return result;
}

/** An accumulator over its arguments, or over the elements of its only one. */
function overValues(name: string): Operator {
  return values(0, Infinity, (...all) => {
    const accumulator = ACCUMULATORS[name]!();
    const [only] = all;
    const elements = all.length === 1 && Array.isArray(only) ? only : all;
    countElements(elements.length);
    for (const value of elements) accumulator.add(value);
    return accumulator.result();
  });
}
