import { BSONRegExp, Double, Int32, Long } from 'bson';
import { createRequire } from 'node:module';
import { BsonNumber, BsonValue, isNumber } from './bson-value';
import { MongoError } from './errors';
import { toDecimal } from './arithmetic';
import { prepare } from './mingo-operands';
import { toDouble } from './numbers';
import { compileRegExp } from './regex';

/** Operators that run code, or that MongoDB 4.4 does not know yet. */
const REFUSED = new Set(
  (
    '$function $toHashedIndexKey $percentile $median $sigmoid $setField $unsetField $getField $sortArray $firstN ' +
    '$lastN $maxN $minN $dateAdd $dateDiff $dateSubtract $dateTrunc $bitAnd $bitOr $bitXor $bitNot'
  ).split(' '),
);

/** Operators whose answer has one numeric type whatever they were given. */
const ANSWERS: Readonly<Record<string, (value: number) => BsonNumber>> = {
  $toInt: (value) => new Int32(value),
  $toLong: (value) => Long.fromNumber(value),
  $toDouble: (value) => new Double(value),
  $toDecimal: (value) => toDecimal(new Double(value)),
  $indexOfArray: (value) => new Int32(value),
  $sqrt: (value) => new Double(value),
  $exp: (value) => new Double(value),
  $ln: (value) => new Double(value),
  $log: (value) => new Double(value),
  $log10: (value) => new Double(value),
};

const CONVERSIONS = new Set(
  '$convert $toInt $toLong $toDouble $toDecimal $toBool $toDate $toObjectId'.split(' '),
);

type Core = typeof import('mingo/core');
type Operators = typeof import('mingo/operators/expression');

let loaded: ReturnType<typeof loadMingo> | undefined;

/** Loaded when it is first needed: it takes longer than all else at the engine's start, and most never need it. */
function loadMingo() {
  const load = createRequire(__filename);
  const { Context, evalExpr, ProcessingMode } = load('mingo/core') as Core;
  const operators = load('mingo/operators/expression') as Operators;
  const options = {
    idKey: '_id',
    processingMode: ProcessingMode.CLONE_OFF,
    useStrictMode: true,
    scriptEnabled: false,
    failOnError: true,
    context: Context.init({ expression: operators as never }),
  };
  return { operators, evaluate: (expression: unknown): unknown => evalExpr({}, expression, options) };
}

/** Whether mingo knows the operator. */
export function isMingoOperator(operator: string): boolean {
  loaded ??= loadMingo();
  return Object.hasOwn(loaded.operators, operator) && !REFUSED.has(operator);
}

/**
 * Runs one of mingo's aggregation operators.
 * @param operand with its expressions evaluated: a value, or the list or the document of values that the operator takes
 * @throws MongoError BadValue (2) or, from a conversion, ConversionFailure (241), in mingo's words
 */
export function callOperator(operator: string, operand: BsonValue): BsonValue | undefined {
  const prepared = prepare(operator, operand);
  if ('answer' in prepared) return prepared.answer;
  const numbers = new Map<number, BsonNumber>();
  const answer = run(operator, asOperand(toPlain(prepared.operand, numbers)));
  const typed = ANSWERS[operator] ?? ((value: number) => asGiven(value, numbers));
  return fromPlain(answer, typed);
}

function run(operator: string, operand: unknown): unknown {
  try {
    loaded ??= loadMingo();
    return loaded.evaluate({ [operator]: operand });
  } catch (error) {
    throw new MongoError(CONVERSIONS.has(operator) ? 241 : 2, (error as Error).message);
  }
}

/** Values are literals to mingo, one level down where the operator takes several. */
function asOperand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => ({ $literal: element as unknown }));
  if (Object.prototype.toString.call(value) !== '[object Object]' || isOpaque(value)) {
    return { $literal: value };
  }
  return Object.fromEntries(
    Object.entries(value as object).map(([name, inner]) => [name, { $literal: inner as unknown }]),
  );
}

function isOpaque(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '_bsontype' in value;
}

/** Collects the numbers on the way, so that those which come back unchanged keep their type. */
function toPlain(value: BsonValue, numbers: Map<number, BsonNumber>): unknown {
  if (isNumber(value)) {
    numbers.set(toDouble(value), value);
    return toDouble(value);
  }
  if (Array.isArray(value)) return value.map((element) => toPlain(element, numbers));
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([name, inner]) => [name, toPlain(inner, numbers)]));
  }
  return value instanceof BSONRegExp ? compileRegExp(value) : value;
}

function fromPlain(value: unknown, typed: (value: number) => BsonNumber): BsonValue | undefined {
  if (typeof value === 'number') return typed(value);
  if (Array.isArray(value)) return value.map((element) => fromPlain(element, typed) ?? null);
  if (value instanceof RegExp) return new BSONRegExp(value.source, value.flags.replace(/[^ims]/g, ''));
  if (typeof value !== 'object' || value === null || value instanceof Date || isOpaque(value)) {
    return value as BsonValue | undefined;
  }
  const fields = Object.entries(value).map(([name, inner]) => [name, fromPlain(inner, typed)] as const);
  return new Map(fields.filter((field): field is [string, BsonValue] => field[1] !== undefined));
}

/** A number as it was given; a new one is a double where doubles were given or it is no integer. */
function asGiven(value: number, given: ReadonlyMap<number, BsonNumber>): BsonNumber {
  const same = given.get(value);
  if (same) return same;
  const hasDouble = [...given.values()].some((number) => number instanceof Double);
  if (hasDouble || !Number.isSafeInteger(value)) return new Double(value);
  return value === (value | 0) ? new Int32(value) : Long.fromNumber(value);
}
