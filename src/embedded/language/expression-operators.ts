import { Int32 } from 'bson';
import { BsonValue, documentOf, isDocument, isNumber, Value } from './bson-value';
import { compareValues } from './compare';
import { check, MongoError } from './errors';
import { countElements, Expression, isTruthy, nameOf, withVariables } from './evaluation';
import { Operator } from './expression-arithmetic';
import { toDouble } from './numbers';

const unary = (run: (value: Value) => Value): Operator => ({ operands: 1, run });
const binary = (run: (a: Value, b: Value) => Value): Operator => ({ operands: 2, run });
const comparison = (holds: (order: number) => Value) => binary((a, b) => holds(compare(a, b)));

/** Operators that are exact about BSON types and order. Dates are taken apart in UTC. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  $eq: comparison((order) => order === 0),
  $ne: comparison((order) => order !== 0),
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $cmp: comparison((order) => new Int32(Math.sign(order))),
  $not: unary((value) => !isTruthy(value)),
  $type: unary(nameOf),
  $isArray: unary((value) => Array.isArray(value)),
  $size: unary((array) => new Int32(arrayIn('$size', 17124, array).length)),
  $in: binary((value, array) => arrayIn('$in', 40081, array).some((each) => compare(value, each) === 0)),
  $arrayElemAt: binary((array, index) => {
    if (array == null || index == null) return null;
    check(isNumber(index), 28690, '$arrayElemAt needs a number as its second argument');
    return arrayIn('$arrayElemAt', 28689, array).at(toDouble(index));
  }),
  $objectToArray: unary((value) => {
    check(value == null || isDocument(value), 40390, '$objectToArray requires a document');
    return value == null ? null : Array.from(value, ([k, v]) => documentOf({ k, v }));
  }),
  $indexOfBytes: binary((text, part) => {
    if (text == null) return null;
    check(typeof text === 'string' && typeof part === 'string', 40091, '$indexOfBytes takes two strings');
    return new Int32(Buffer.from(text).indexOf(part));
  }),
  $year: datePart((date) => date.getUTCFullYear()),
  $month: datePart((date) => date.getUTCMonth() + 1),
  $dayOfMonth: datePart((date) => date.getUTCDate()),
  $hour: datePart((date) => date.getUTCHours()),
};

type Compiler = (expression: BsonValue) => Expression;

/** Operators that choose what they evaluate, or take more than values. */
export const FORMS: Readonly<Record<string, (operand: BsonValue, compile: Compiler) => Expression>> = {
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
  $cond(operand, compile) {
    const parts = isDocument(operand) ? partsOf(operand, ['if', 'then', 'else']) : listOf(operand);
    check(parts.length === 3, 16020, '$cond takes exactly 3 arguments');
    const [condition, yes, no] = parts.map((part) => compile(part!));
    return (scope) => (isTruthy(condition!(scope)) ? yes! : no!)(scope);
  },
  $switch(operand, compile) {
    const [branches, fallback] = partsOf(operand, ['branches'], ['default']);
    const cases = arrayIn('$switch', 40061, branches).map((branch) => {
      const [when, then] = partsOf(branch, ['case', 'then']);
      return { when: compile(when!), then: compile(then!) };
    });
    const otherwise = fallback === undefined ? null : compile(fallback);
    return (scope) => {
      for (const { when, then } of cases) if (isTruthy(when(scope))) return then(scope);
      check(otherwise !== null, 40066, '$switch found no matching branch, and there is no default');
      return otherwise(scope);
    };
  },
  $let(operand, compile) {
    const [variables, inner] = partsOf(operand, ['vars', 'in']);
    check(isDocument(variables), 10065, 'vars must be an object');
    const all = Array.from(variables, ([name, value]) => [name, compile(value)] as const);
    const valueOf = compile(inner!);
    return (scope) => {
      const values = all.map(([name, of]) => [name, of(scope)] as const);
      return valueOf(withVariables(scope, values));
    };
  },
  $map: compileEach('in', (array, valueOf) => array.map((each) => valueOf(each) ?? null)),
  $filter: compileEach('cond', (array, valueOf) => array.filter((each) => isTruthy(valueOf(each)))),
};

/** What an operator is given: a list, or one operand by itself. */
export function listOf(operand: BsonValue): BsonValue[] {
  return Array.isArray(operand) ? operand : [operand];
}

/** The named parts of an operand: the needed ones, then the optional ones as far as they are there. */
function partsOf(operand: BsonValue, needed: string[], optional: string[] = []) {
  const names = [...needed, ...optional];
  const isRight =
    isDocument(operand) &&
    needed.every((name) => operand.has(name)) &&
    [...operand.keys()].every((name) => names.includes(name));
  check(isRight, 16879, `Expected an object with ${needed.join(', ')} [${optional.join(', ')}]`);
  return names.map((name) => operand.get(name));
}

/** What `$map` and `$filter` share: an array, a name for its elements, and what to do with each. */
function compileEach(
  action: string,
  run: (elements: BsonValue[], valueOf: (element: BsonValue) => Value) => BsonValue[],
) {
  return (operand: BsonValue, compile: Compiler): Expression => {
    const [input, each, as = 'this'] = partsOf(operand, ['input', action], ['as']);
    const [inputOf, valueOf] = [compile(input!), compile(each!)];
    return (scope) => {
      const array = inputOf(scope);
      if (array == null) return null;
      const elements = arrayIn('The input', action === 'in' ? 16883 : 28651, array);
      return run(elements, (element) => valueOf(withVariables(scope, [[String(as), element]])));
    };
  };
}

function datePart(part: (date: Date) => number): Operator {
  return unary((date) => {
    if (date == null) return null;
    check(date instanceof Date, 16006, `can't take apart ${nameOf(date)} as a date in UTC`);
    return new Int32(part(date));
  });
}

/** A missing field stands before null here, where filters take the two for the same. */
function compare(a: Value, b: Value): number {
  if (a !== undefined && b !== undefined) return compareValues(a, b);
  return Number(a !== undefined) - Number(b !== undefined);
}

/** Counts the elements as work to be done. */
function arrayIn(operator: string, code: number, array: Value): BsonValue[] {
  if (!Array.isArray(array)) throw new MongoError(code, `${operator} takes an array, not ${nameOf(array)}`);
  countElements(array.length);
  return array;
}
