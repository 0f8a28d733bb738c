import { Decimal128, Double, Int32, Long } from 'bson';
import { bson, BsonValue, isDocument, isNumber, Value } from './bson-value';
import { compareValues } from './key-component';
import { check, MongoError } from './errors';
import { asValue, countElements, isTruthy, nameOf, Operand, Scope } from './evaluation';
import { calculate, Operation, toDouble } from './numbers';

/** An operator that is given what its operands evaluate to. */
interface Operator {
  /** How many operands it takes; with `first`, any number: `run` takes the result so far and the next one. */
  readonly operands: 1 | 2 | 'any';
  run(a: Operand, b: Operand): Operand;
  readonly first?: Value;
}

const unary = (run: (a: Operand) => Operand): Operator => ({ operands: 1, run });
const binary = (run: (a: Operand, b: Operand) => Operand): Operator => ({ operands: 2, run });
const comparison = (holds: (order: number) => boolean) => binary((a, b) => holds(compare(a, b)));

/** Operators that are exact about BSON types and order. Dates are taken apart in UTC. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  $add: { operands: 'any', run: (a, b) => calculated('add', a, b), first: new Int32(0) },
  $multiply: { operands: 'any', run: (a, b) => calculated('multiply', a, b), first: new Int32(1) },
  $subtract: binary((a, b) => calculated('subtract', a, b)),
  $divide: binary((a, b) => {
    if (isNone(a) || isNone(b)) return null;
    const divisor = numberFrom(b);
    check(divisor !== 0, 16608, "can't divide by zero");
    return numberFrom(a) / divisor;
  }),
  // Of numbers only: Compass adds up sizes with it.
  $toDouble: unary((a) => (isNone(a) ? null : numberFrom(a))),
  // Integers stay what they are.
  $floor: unary((a) => {
    if (isNone(a)) return null;
    const number = numberFrom(a);
    return typeof a === 'number' || a instanceof Double ? Math.floor(number) : a;
  }),
  $ln: unary((a) => {
    if (isNone(a)) return null;
    const number = numberFrom(a);
    check(!(number <= 0), 28766, "$ln's argument must be a positive number");
    return Math.log(number);
  }),
  $eq: comparison((order) => order === 0),
  $ne: comparison((order) => order !== 0),
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $type: unary(nameOf),
  $size: unary((array) => new Int32(arrayIn('$size', 17124, array).length)),
  $in: binary((value, array) => arrayIn('$in', 40081, array).some((each) => compare(value, each) === 0)),
  $arrayElemAt: binary((array, index) => {
    if (isNone(array) || isNone(index)) return null;
    const at = numberFrom(index);
    check(Number.isInteger(at), 28691, '$arrayElemAt takes a whole number');
    return arrayIn('$arrayElemAt', 28689, array).at(at);
  }),
  $objectToArray: unary((value) => {
    if (isNone(value)) return null;
    check(value instanceof Map, 40390, '$objectToArray requires a document');
    return Array.from(value, ([k, v]) => bson({ k, v }));
  }),
  $indexOfBytes: binary((text, part) => {
    if (isNone(text)) return null;
    check(typeof text === 'string' && typeof part === 'string', 40091, '$indexOfBytes takes two strings');
    return new Int32(Buffer.from(text).indexOf(part));
  }),
  $year: datePart((date) => date.getUTCFullYear()),
  $month: datePart((date) => date.getUTCMonth() + 1),
};

type Evaluate = (scope: Scope) => Operand;
type Compiler = (expression: BsonValue) => Evaluate;
type Form = (operand: BsonValue, compile: Compiler) => Evaluate;

/** Operators that choose what they evaluate, or take more than values. */
export const FORMS: Readonly<Record<string, Form>> = {
  $literal: (operand) => () => operand,
  $ifNull: (operand, compile) => {
    const all = listOf(operand).map(compile);
    check(all.length >= 2, 1257300, '$ifNull needs at least two arguments');
    return (scope) => all.reduce<Operand>((found, value) => found ?? value(scope), undefined);
  },
  $cond(operand, compile) {
    const [condition, yes, no] = listOf(operand).map(compile);
    check(no !== undefined, 16020, '$cond takes a list of 3 arguments');
    return (scope) => (isTruthy(condition!(scope)) ? yes! : no)(scope);
  },
  $switch(operand, compile) {
    const [branches, fallback] = partsOf(operand, ['branches', 'default']);
    const cases = arrayIn('$switch', 40061, branches).map((branch) => {
      const [when, then] = partsOf(branch, ['case', 'then']).map((part) => compile(part!));
      return { when: when!, then: then! };
    });
    const otherwise = compile(fallback!);
    return (scope) => (cases.find(({ when }) => isTruthy(when(scope)))?.then ?? otherwise)(scope);
  },
  $let(operand, compile) {
    const [variables, inner] = partsOf(operand, ['vars', 'in']);
    check(isDocument(variables), 10065, 'vars must be an object');
    const all = Array.from(variables, ([name, value]) => [name, compile(value)] as const);
    const valueOf = compile(inner!);
    return (scope) => {
      const values = all.map(([name, of]) => [name, asValue(of(scope))] as const);
      return valueOf({ ...scope, variables: new Map([...scope.variables, ...values]) });
    };
  },
  $map: compileEach('in', 16883, (array, valueOf) => array.map((each) => asValue(valueOf(each)) ?? null)),
  $filter: compileEach('cond', 28651, (array, valueOf) => array.filter((each) => isTruthy(valueOf(each)))),
};

/** What an operator is given: a list, or one operand by itself. */
export function listOf(operand: BsonValue): BsonValue[] {
  return Array.isArray(operand) ? operand : [operand];
}

/** The named parts of an operand, all of which are needed. */
function partsOf(operand: BsonValue, names: string[]): Value[] {
  const isRight =
    isDocument(operand) && operand.size === names.length && names.every((name) => operand.has(name));
  check(isRight, 16879, `Expected an object with ${names.join(', ')}`);
  return names.map((name) => operand.get(name));
}

/** What `$map` and `$filter` share: an array, a name for its elements, and what to do with each. */
function compileEach(
  action: string,
  code: number,
  run: (elements: BsonValue[], valueOf: (element: BsonValue) => Operand) => BsonValue[],
) {
  return (operand: BsonValue, compile: Compiler): Evaluate => {
    const [input, each, as] = partsOf(operand, ['input', action, 'as']);
    const [inputOf, valueOf] = [compile(input!), compile(each!)];
    return (scope) => {
      const array = inputOf(scope);
      if (isNone(array)) return null;
      return run(arrayIn('The input', code, array), (element) => {
        const variables = new Map(scope.variables).set(String(as), element);
        return valueOf({ root: scope.root, variables });
      });
    };
  };
}

function datePart(part: (date: Date) => number): Operator {
  return unary((date) => {
    if (isNone(date)) return null;
    check(date instanceof Date, 16006, '$year and $month take dates, and no time zone');
    return new Int32(part(date));
  });
}

/** A missing field stands before null here, where filters take the two for the same. */
function compare(a: Operand, b: Operand): number {
  if (a !== undefined && b !== undefined) return compareValues(asValue(a), asValue(b));
  return Number(a !== undefined) - Number(b !== undefined);
}

/** Counts the elements as work to be done. */
function arrayIn(operator: string, code: number, array: Operand): BsonValue[] {
  if (!Array.isArray(array)) throw new MongoError(code, `${operator} takes an array, not ${nameOf(array)}`);
  countElements(array.length);
  return array;
}

function isNone(operand: Operand): operand is null | undefined {
  return operand === null || operand === undefined;
}

/** The number as a double. Decimals are refused: what is made of them would have to be a decimal. */
function numberFrom(operand: Operand): number {
  if (typeof operand === 'number') return operand;
  check(isNumber(operand), 16609, 'Arithmetic only supports numeric types');
  check(!(operand instanceof Decimal128), 238, 'Arithmetic on decimals is not supported');
  return toDouble(operand);
}

/** The result has the wider of the two types. Beyond a long, arithmetic goes on in doubles. Dates move by milliseconds. */
function calculated(operation: Operation, a: Operand, b: Operand): Operand {
  if (isNone(a) || isNone(b)) return null;
  if (a instanceof Date && operation !== 'multiply') {
    if (b instanceof Date && operation === 'subtract') return Long.fromNumber(a.getTime() - b.getTime());
    const date = new Date(a.getTime() + (operation === 'add' ? 1 : -1) * numberFrom(b));
    check(!Number.isNaN(date.getTime()), 238, "a date is beyond JavaScript's");
    return date;
  }
  const x = asValue(a);
  const y = asValue(b);
  if (isNumber(x) && isNumber(y)) {
    return calculate(operation, x, y) ?? calculate(operation, new Double(toDouble(x)), y)!;
  }
  check(y instanceof Date && operation === 'add', 16554, 'Arithmetic only supports numbers and dates');
  return calculated(operation, y, x);
}
