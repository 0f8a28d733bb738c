import { Int32, ObjectId } from 'bson';
import { ACCUMULATORS } from './accumulators';
import { BsonValue, isNumber } from './bson-value';
import { compareValues } from './compare';
import { MongoError } from './errors';
import { add, modulo, multiply, quotient, subtract } from './expression-arithmetic';
import { BINDERS } from './expression-binders';
import { Expression, ExpressionCompiler, isNullish, isTruthy, nameOf, Value } from './expression-scope';
import { formatForMessage } from './message-format';
import { callOperator, isMingoOperator } from './mingo';
import { toDouble } from './numbers';

/** An operator on values: how many it takes, at least and at most, and what it makes of them. */
interface ValueOperator {
  readonly arity: readonly [number, number];
  readonly run: (...values: Value[]) => Value;
}

const ANY = Infinity;

/** Operators whose answer depends on BSON types and order; mingo has the others. */
const VALUE_OPERATORS: Readonly<Record<string, ValueOperator>> = {
  $eq: comparison((order) => order === 0),
  $ne: comparison((order) => order !== 0),
  $gt: comparison((order) => order > 0),
  $gte: comparison((order) => order >= 0),
  $lt: comparison((order) => order < 0),
  $lte: comparison((order) => order <= 0),
  $cmp: { arity: [2, 2], run: (a, b) => new Int32(Math.sign(compare(a, b))) },
  $not: { arity: [1, 1], run: (value) => !isTruthy(value) },
  $add: { arity: [0, ANY], run: add },
  $subtract: { arity: [2, 2], run: subtract },
  $multiply: { arity: [0, ANY], run: multiply },
  $divide: { arity: [2, 2], run: quotient },
  $mod: { arity: [2, 2], run: modulo },
  $size: { arity: [1, 1], run: size },
  $in: { arity: [2, 2], run: isIn },
  $arrayElemAt: { arity: [2, 2], run: arrayElemAt },
  $first: { arity: [1, 1], run: (array) => arrayElemAt(array, new Int32(0)) },
  $last: { arity: [1, 1], run: (array) => arrayElemAt(array, new Int32(-1)) },
  $concatArrays: { arity: [0, ANY], run: concatArrays },
  $isArray: { arity: [1, 1], run: (value) => Array.isArray(value) },
  $isNumber: { arity: [1, 1], run: (value) => isNumber(value) },
  $slice: { arity: [2, 3], run: sliceOf },
  $toUpper: { arity: [1, 1], run: (text) => callOperator('$toUpper', text ?? '') },
  $toLower: { arity: [1, 1], run: (text) => callOperator('$toLower', text ?? '') },
  $toString: { arity: [1, 1], run: toText },
  $type: { arity: [1, 1], run: nameOf },
  $sum: overValues('$sum'),
  $avg: overValues('$avg'),
  $min: overValues('$min'),
  $max: overValues('$max'),
  $mergeObjects: overValues('$mergeObjects'),
};

/**
 * Makes one operator with its operand ready to run.
 * @throws MongoError InvalidPipelineOperator (168), 16020 and 28667 for the wrong number of arguments
 */
export function compileOperator(
  operator: string,
  operand: BsonValue,
  compile: ExpressionCompiler,
): Expression {
  const binder = BINDERS[operator];
  if (binder) return binder(operand, compile);
  const values = VALUE_OPERATORS[operator];
  if (values) return compileValueOperator(operator, values, operand, compile);
  if (!isMingoOperator(operator)) throw new MongoError(168, `Unrecognized expression '${operator}'`);
  const valueOf = compile(operand);
  return (scope) => callOperator(operator, valueOf(scope) ?? null);
}

function compileValueOperator(
  operator: string,
  { arity: [least, most], run }: ValueOperator,
  operand: BsonValue,
  compile: ExpressionCompiler,
): Expression {
  const operands = (Array.isArray(operand) ? operand : [operand]).map(compile);
  const count = operands.length;
  if (count < least || count > most) throw wrongArity(operator, least, most, count);
  return (scope) => run(...operands.map((valueOf) => valueOf(scope)));
}

function wrongArity(operator: string, least: number, most: number, count: number): MongoError {
  if (least === most) {
    return new MongoError(
      16020,
      `Expression ${operator} takes exactly ${least} arguments. ${count} were passed in.`,
    );
  }
  return new MongoError(
    28667,
    `Expression ${operator} takes at least ${least} arguments, and at most ${most}, but ${count} were passed in.`,
  );
}

/** A missing field stands before null here, where filters take the two for the same. */
function compare(a: Value, b: Value): number {
  if (a !== undefined && b !== undefined) return compareValues(a, b);
  return Number(a !== undefined) - Number(b !== undefined);
}

function comparison(accepts: (order: number) => boolean): ValueOperator {
  return { arity: [2, 2], run: (a, b) => accepts(compare(a, b)) };
}

function size(array: Value): Value {
  if (Array.isArray(array)) return new Int32(array.length);
  throw new MongoError(17124, `The argument to $size must be an array, but was of type: ${nameOf(array)}`);
}

function isIn(value: Value, array: Value): Value {
  if (Array.isArray(array)) return array.some((element) => compare(value, element) === 0);
  throw new MongoError(40081, `$in requires an array as a second argument, found: ${nameOf(array)}`);
}

function arrayElemAt(array: Value, index: Value): Value {
  if (isNullish(array) || isNullish(index)) return null;
  if (!Array.isArray(array)) {
    throw new MongoError(28689, `$arrayElemAt's first argument must be an array, but is ${nameOf(array)}`);
  }
  if (!isNumber(index)) {
    throw new MongoError(
      28690,
      `$arrayElemAt's second argument must be a numeric value, but is ${nameOf(index)}`,
    );
  }
  return array.at(toDouble(index));
}

function concatArrays(...arrays: Value[]): Value {
  const result: BsonValue[] = [];
  for (const array of arrays) {
    if (isNullish(array)) return null;
    if (!Array.isArray(array)) {
      throw new MongoError(28664, `$concatArrays only supports arrays, not ${nameOf(array)}`);
    }
    result.push(...array);
  }
  return result;
}

function sliceOf(array: Value, ...[start, count]: Value[]): Value {
  if (isNullish(array) || isNullish(start) || count === null) return null;
  if (!Array.isArray(array)) {
    throw new MongoError(
      28724,
      `First argument to $slice must be an array, but is of type: ${nameOf(array)}`,
    );
  }
  if (!isNumber(start)) {
    throw new MongoError(
      28725,
      `Second argument to $slice must be a numeric value, but is of type: ${nameOf(start)}`,
    );
  }
  const from = toDouble(start);
  if (count === undefined) return from < 0 ? array.slice(from) : array.slice(0, from);
  if (!isNumber(count) || toDouble(count) <= 0) {
    throw new MongoError(28729, `Third argument to $slice must be positive: ${formatForMessage(count)}`);
  }
  const first = from < 0 ? Math.max(array.length + from, 0) : from;
  return array.slice(first, first + toDouble(count));
}

function toText(value: Value): Value {
  return value instanceof ObjectId ? value.toHexString() : callOperator('$toString', value ?? null);
}

/** An accumulator over its arguments, or over the elements of its only one. */
function overValues(name: string): ValueOperator {
  return {
    arity: [0, ANY],
    run: (...values) => {
      const accumulator = ACCUMULATORS[name]!();
      const [only] = values;
      for (const value of values.length === 1 && Array.isArray(only) ? only : values) accumulator.add(value);
      return accumulator.result();
    },
  };
}
