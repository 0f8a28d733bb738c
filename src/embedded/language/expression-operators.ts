import { Int32, ObjectId } from 'bson';
import { ACCUMULATORS } from './accumulators';
import { BsonValue, documentOf, isDocument, isNumber, Value } from './bson-value';
import { compareValues } from './compare';
import { check, MongoError } from './errors';
import { countElements, Expression, isTruthy, nameOf, Scope, withVariables } from './evaluation';
import { Operator } from './expression-arithmetic';
import { toDouble } from './numbers';

const unary = (run: (value: Value) => Value): Operator => ({ operands: 1, run });
const binary = (run: (a: Value, b: Value) => Value): Operator => ({ operands: 2, run });
const comparison = (holds: (order: number) => Value) => binary((a, b) => holds(compare(a, b)));
const datePart = (part: (date: Date) => number) =>
  unary((value) => onDate(value, (date) => new Int32(part(date))));

/** Operators that are exact about BSON types and order. */
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
  $arrayElemAt: binary(elementAt),
  $objectToArray: unary((value) => {
    check(value == null || isDocument(value), 40390, '$objectToArray requires a document');
    return value == null ? null : Array.from(value, ([k, v]) => documentOf({ k, v }));
  }),
  $concat: { operands: 'any', run: concat, first: '' },
  // Letters of ASCII only, as MongoDB does.
  $toUpper: unary((text) => textIn(text).replace(/[a-z]+/g, (letters) => letters.toUpperCase())),
  $toLower: unary((text) => textIn(text).replace(/[A-Z]+/g, (letters) => letters.toLowerCase())),
  $toString: unary(toText),
  $strLenCP: unary((text) => new Int32([...textIn(text)].length)),
  $indexOfBytes: binary(indexOfBytes),
  $year: datePart((date) => date.getUTCFullYear()),
  $month: datePart((date) => date.getUTCMonth() + 1),
  $dayOfMonth: datePart((date) => date.getUTCDate()),
  $dayOfWeek: datePart((date) => date.getUTCDay() + 1),
  $hour: datePart((date) => date.getUTCHours()),
  $minute: datePart((date) => date.getUTCMinutes()),
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
  $switch: compileSwitch,
  $let: compileLet,
  $map: compileEach('in', (array, valueOf) => array.map((each) => valueOf(each) ?? null)),
  $filter: compileEach('cond', (array, valueOf) => array.filter((each) => isTruthy(valueOf(each)))),
  $dateToString(operand, compile) {
    const [date, format] = partsOf(operand, ['date', 'format']);
    check(
      typeof format === 'string' && FORMAT.test(format),
      18536,
      'The format may have %Y %m %d %H %M %S %L',
    );
    const dateOf = compile(date!);
    return (scope) => onDate(dateOf(scope), (found) => formatted(found, format));
  },
  ...Object.fromEntries(['$sum', '$avg', '$min', '$max'].map((name) => [name, overValues(name)])),
};

/** What an operator is given: a list, or one operand by itself. */
export function listOf(operand: BsonValue): BsonValue[] {
  return Array.isArray(operand) ? operand : [operand];
}

/** The named parts of an operand: the needed ones, then the optional ones as far as they are there. */
function partsOf(operand: BsonValue | undefined, needed: string[], optional: string[] = []) {
  const names = [...needed, ...optional];
  const isRight =
    isDocument(operand) &&
    needed.every((name) => operand.has(name)) &&
    [...operand.keys()].every((name) => names.includes(name));
  check(isRight, 16879, `Expected an object with ${needed.join(', ')} [${optional.join(', ')}]`);
  return names.map((name) => operand.get(name));
}

function compileSwitch(operand: BsonValue, compile: Compiler): Expression {
  const [branches, fallback] = partsOf(operand, ['branches'], ['default']);
  const cases = arrayIn('$switch', 40061, branches).map((branch) => {
    const [when, then] = partsOf(branch, ['case', 'then']);
    return { when: compile(when!), then: compile(then!) };
  });
  check(cases.length > 0, 40068, '$switch requires at least one branch');
  const otherwise = fallback === undefined ? null : compile(fallback);
  return (scope) => {
    for (const { when, then } of cases) if (isTruthy(when(scope))) return then(scope);
    check(otherwise !== null, 40066, '$switch found no matching branch, and there is no default');
    return otherwise(scope);
  };
}

function compileLet(operand: BsonValue, compile: Compiler): Expression {
  const [variables, inner] = partsOf(operand, ['vars', 'in']);
  check(isDocument(variables), 10065, 'vars must be an object');
  const all = Array.from(variables, ([name, value]) => [name, compile(value)] as const);
  const valueOf = compile(inner!);
  return (scope) =>
    valueOf(
      withVariables(
        scope,
        all.map(([name, of]) => [name, of(scope)]),
      ),
    );
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

/** An accumulator over its arguments, or over the elements of its only one. */
function overValues(name: string) {
  return (operand: BsonValue, compile: Compiler): Expression => {
    const operands = listOf(operand).map(compile);
    return (scope: Scope) => {
      const all = operands.map((valueOf) => valueOf(scope));
      const accumulator = ACCUMULATORS[name]!();
      const elements = all.length === 1 && Array.isArray(all[0]) ? arrayIn(name, 2, all[0]) : all;
      for (const value of elements) accumulator.add(value);
      return accumulator.result();
    };
  };
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

function concat(a: Value, b: Value): Value {
  if (a == null || b == null) return null;
  check(typeof a === 'string' && typeof b === 'string', 16702, '$concat only supports strings');
  check(a.length + b.length <= LONGEST_TEXT, 16705, '$concat made a string longer than a document may be');
  return a + b;
}

function toText(value: Value): Value {
  if (value == null) return null;
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof Date) return value.toISOString();
  const isSimple = ['string', 'boolean'].includes(typeof value) || isNumber(value);
  check(isSimple, 241, `Unsupported conversion from ${nameOf(value)} to string`);
  return String(value as string);
}

function indexOfBytes(text: Value, part: Value): Value {
  if (text == null) return null;
  check(typeof text === 'string' && typeof part === 'string', 40091, '$indexOfBytes takes two strings');
  return new Int32(Buffer.from(text).indexOf(part));
}

/** Dates are taken apart in UTC; a time zone is refused as any object is. */
function onDate(value: Value, run: (date: Date) => Value): Value {
  if (value == null) return null;
  check(value instanceof Date, 16006, `can't take apart ${nameOf(value)} as a date in UTC`);
  return run(value);
}

const FORMAT = /^([^%]|%[YmdHMSL])*$/;
/** Where the parts stand in an ISO date. */
const PLACES: Record<string, number[]> = {
  Y: [0, 4],
  m: [5, 7],
  d: [8, 10],
  H: [11, 13],
  M: [14, 16],
  S: [17, 19],
  L: [20, 23],
};

function formatted(date: Date, format: string): string {
  const text = date.toISOString();
  return format.replace(/%(.)/g, (_, part: string) => text.slice(...PLACES[part]!));
}
