import { Int32 } from 'bson';
import { ACCUMULATORS } from './accumulators';
import { BsonDocument, BsonValue, documentOf, isDocument, isNumber, Value } from './bson-value';
import { compareValues } from './compare';
import { check, MongoError } from './errors';
import { countElements, Expression, ExpressionCompiler, isTruthy, nameOf, withVariables } from './evaluation';
import { toDouble } from './numbers';

/** Makes one operator with its operand ready to run. */
type Operator = (operand: BsonValue, compile: ExpressionCompiler) => Expression;

/** The operators that are exact about BSON types and order, or choose what they evaluate. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
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
  $eq: values(2, (a, b) => compare(a, b) === 0),
  $ne: values(2, (a, b) => compare(a, b) !== 0),
  $gt: values(2, (a, b) => compare(a, b) > 0),
  $gte: values(2, (a, b) => compare(a, b) >= 0),
  $lt: values(2, (a, b) => compare(a, b) < 0),
  $lte: values(2, (a, b) => compare(a, b) <= 0),
  $cmp: values(2, (a, b) => new Int32(Math.sign(compare(a, b)))),
  $not: values(1, (value) => !isTruthy(value)),
  $type: values(1, nameOf),
  $isArray: values(1, (value) => Array.isArray(value)),
  $isNumber: values(1, (value) => isNumber(value)),
  $size: values(1, (array) => new Int32(arrayIn('$size', 17124, array).length)),
  $in: values(2, (value, array) => arrayIn('$in', 40081, array).some((each) => compare(value, each) === 0)),
  $arrayElemAt: values(2, elementAt),
  $concatArrays: values(null, (...all) =>
    all.some((array) => array == null)
      ? null
      : all.flatMap((array) => arrayIn('$concatArrays', 28664, array)),
  ),
  $objectToArray: values(1, (value) => {
    check(value == null || isDocument(value), 40390, '$objectToArray requires a document');
    return value == null ? null : Array.from(value, ([k, v]) => documentOf({ k, v }));
  }),
  $concat: values(null, concat),
  // Letters of ASCII only, as MongoDB does.
  $toUpper: values(1, (text) => textIn(text).replace(/[a-z]+/g, (letters) => letters.toUpperCase())),
  $toLower: values(1, (text) => textIn(text).replace(/[A-Z]+/g, (letters) => letters.toLowerCase())),
  ...Object.fromEntries(['$sum', '$avg', '$min', '$max'].map((name) => [name, overValues(name)])),
};

/** An operator on `count` values, null for any number of them. */
function values(count: 1 | 2 | null, run: (...values: Value[]) => Value): Operator {
  return (operand, compile) => {
    const operands = listOf(operand).map(compile);
    check(
      count === null || operands.length === count,
      16020,
      `Wrong number of arguments: ${operands.length}`,
    );
    const [first, second] = operands;
    if (operands.length === 1) return (scope) => run(first!(scope));
    if (operands.length === 2) return (scope) => run(first!(scope), second!(scope));
    return (scope) => run(...operands.map((valueOf) => valueOf(scope)));
  };
}

/** What an operator is given: a list, or one operand by itself. */
export function listOf(operand: BsonValue): BsonValue[] {
  return Array.isArray(operand) ? operand : [operand];
}

/** The named parts of an operand. */
function partsOf(operand: BsonValue, needed: string[], optional: string[] = []): BsonDocument {
  check(isDocument(operand), 16878, `Expected an object with ${needed.join(', ')}`);
  const isRight =
    needed.every((name) => operand.has(name)) &&
    [...operand.keys()].every((name) => needed.includes(name) || optional.includes(name));
  check(isRight, 16879, `Expected ${needed.join(', ')}, and nothing but ${optional.join(', ')} beside`);
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

/** A missing field stands before null here, where filters take the two for the same. */
function compare(a: Value, b: Value): number {
  if (a !== undefined && b !== undefined) return compareValues(a, b);
  return Number(a !== undefined) - Number(b !== undefined);
}

/** Counts the elements as work to be done. */
function arrayIn(operator: string, code: number, array: Value): BsonValue[] {
  if (!Array.isArray(array))
    throw new MongoError(code, `${operator} must be given an array, not ${nameOf(array)}`);
  countElements(array.length);
  return array;
}

function textIn(value: Value): string {
  check(value == null || typeof value === 'string', 16007, `${nameOf(value)} is not a string`);
  return value ?? '';
}

function elementAt(array: Value, index: Value): Value {
  if (array == null || index == null) return null;
  check(isNumber(index), 28690, '$arrayElemAt needs a number as its second argument');
  return arrayIn('$arrayElemAt', 28689, array).at(toDouble(index));
}

/** As long as a document may be. */
const LONGEST_TEXT = 16 * 1024 * 1024;

function concat(...texts: Value[]): Value {
  if (texts.some((text) => text == null)) return null;
  const isText = texts.every((text) => typeof text === 'string');
  check(isText, 16702, '$concat only supports strings');
  const length = texts.reduce<number>((sum, text) => sum + (text as string).length, 0);
  check(length <= LONGEST_TEXT, 16705, '$concat made a string that is longer than a document may be');
  return texts.join('');
}

/** An accumulator over its arguments, or over the elements of its only one. */
function overValues(name: string): Operator {
  return values(null, (...all) => {
    const accumulator = ACCUMULATORS[name]!();
    const elements = all.length === 1 && Array.isArray(all[0]) ? arrayIn(name, 2, all[0]) : all;
    for (const value of elements) accumulator.add(value);
    return accumulator.result();
  });
}
