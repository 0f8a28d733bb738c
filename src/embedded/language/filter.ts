import { BSONRegExp, Decimal128 } from 'bson';
import {
  BsonDocument,
  BsonTypeName,
  BsonValue,
  isDocument,
  isNumber,
  TYPE_NUMBERS,
  Value,
} from './bson-value';
import { check, MongoError } from './errors';
import { compileExpression } from './expression';
import { isTruthy } from './evaluation';
import { FieldNode, FieldTest, FilterNode } from './filter-node';
import { integerPart, toDouble } from './numbers';
import { compileRegExp, readRegExp } from './regex';

export type { FieldNode, FilterNode } from './filter-node';

/** The document at the root, or one inside it; some operators look at whole documents only. */
type Level = 'top' | 'inner';

/**
 * Parses a filter. One-armed `$and`, `$or` and `$in` become what they hold, `$and` in `$and` one list.
 * @throws MongoError BadValue (2) and others, in MongoDB's words
 */
export function parseFilter(filter: BsonDocument): FilterNode {
  return parseDocument(filter, 'top');
}

function parseDocument(filter: BsonDocument, level: Level): FilterNode {
  const nodes: FilterNode[] = [];
  for (const [name, value] of filter) nodes.push(...parseEntry(name, value, level));
  return conjunction(nodes);
}

function parseEntry(name: string, value: BsonValue, level: Level): FilterNode[] {
  if (name.startsWith('$')) return parsePathless(name, value, level);
  if (isExpression(value)) return parseTests(name, value, level);
  return [equalityOrPattern(name, value)];
}

function field(path: string, test: FieldTest): FieldNode {
  return { kind: 'field', path, ...test };
}

/** The most frequent test by far, made without a copy. */
function equality(path: string, value: BsonValue): FieldNode {
  return { kind: 'field', path, op: 'eq', value };
}

function regexNode(path: string, pattern: BsonValue, options?: BsonValue): FieldNode {
  const value = readRegExp(pattern, options);
  compileRegExp(value);
  return field(path, { op: 'regex', value });
}

function conjunction(nodes: FilterNode[]): FilterNode {
  const nested = nodes.some(({ kind }) => kind === 'and');
  const children = nested ? nodes.flatMap((node) => (node.kind === 'and' ? node.children : [node])) : nodes;
  return children.length === 1 ? children[0]! : { kind: 'and', children };
}

/** `{ $gt: 5 }` asks; `{ a: 5 }`, `{}` and a database reference are values to equal. */
function isExpression(value: BsonValue): value is BsonDocument {
  if (!isDocument(value)) return false;
  const [first] = value.keys();
  return first?.startsWith('$') === true && !(value.has('$ref') && value.has('$id'));
}

function parsePathless(name: string, value: BsonValue, level: Level): FilterNode[] {
  switch (name) {
    case '$and':
    case '$or':
    case '$nor':
      return [parseTree(name, value, level)];
    case '$expr':
      check(level === 'top', 2, '$expr can only be applied to the top-level document');
      compileExpression(value);
      return [...impliedEqualities(value), { kind: 'expr', expression: value }];
    case '$comment':
      return [];
    case '$alwaysTrue':
    case '$alwaysFalse':
      check(isNumber(value), 9, `${name} must be an integer value of 1`);
      return [{ kind: name === '$alwaysTrue' ? 'and' : 'or', children: [] }];
    case '$ref':
    case '$id':
    case '$db':
      return [equality(name, value)];
    case '$text':
      throw new MongoError(27, 'text index required for $text query');
    case '$jsonSchema':
      throw new MongoError(238, '$jsonSchema is not supported');
    default:
      throw new MongoError(2, `unknown top level operator: ${name}`);
  }
}

function parseTree(name: '$and' | '$or' | '$nor', value: BsonValue, level: Level): FilterNode {
  check(Array.isArray(value) && value.length > 0, 2, `${name} must be a nonempty array`);
  const children = value.map((arm) => {
    check(isDocument(arm), 2, '$or/$and/$nor entries need to be full objects');
    return parseDocument(arm, level);
  });
  if (name === '$and') return conjunction(children);
  if (name === '$or' && children.length === 1) return children[0]!;
  return { kind: name === '$or' ? 'or' : 'nor', children };
}

function parseTests(path: string, tests: BsonDocument, level: Level): FilterNode[] {
  return [...tests].flatMap(([operator, operand]) => {
    if (Object.hasOwn(TESTS, operator)) return TESTS[operator]!(path, operand, tests, level);
    if (operator === '$all') return parseAll(path, operand);
    check(!REFUSED.has(operator), 238, `${operator} is not supported`);
    if (operator !== '$options') throw new MongoError(2, `unknown operator: ${operator}`);
    check(tests.has('$regex'), 2, '$options needs a $regex');
    return [];
  });
}

/** Operators of MongoDB that this engine does without. */
const REFUSED = new Set(
  (
    '$near $nearSphere $geoNear $geoWithin $geoIntersects $within ' +
    '$bitsAllSet $bitsAnySet $bitsAllClear $bitsAnyClear'
  ).split(' '),
);

type TestParser = (path: string, operand: BsonValue, tests: BsonDocument, level: Level) => FilterNode;

const TESTS: Readonly<Record<string, TestParser>> = {
  $eq: equality,
  $ne: (path, operand) => {
    check(!(operand instanceof BSONRegExp), 2, "Can't have regex as arg to $ne.");
    return negation(path, equality(path, operand));
  },
  $lt: (path, operand) => comparison(path, 'lt', operand),
  $lte: (path, operand) => comparison(path, 'lte', operand),
  $gt: (path, operand) => comparison(path, 'gt', operand),
  $gte: (path, operand) => comparison(path, 'gte', operand),
  $in: parseIn,
  $nin: (path, operand) => negation(path, parseIn(path, operand)),
  $exists: (path, operand) => {
    const exists = field(path, { op: 'exists', value: true });
    return isTruthy(operand) ? exists : negation(path, exists);
  },
  $not: (path, operand, _tests, level) => {
    if (operand instanceof BSONRegExp) return negation(path, regexNode(path, operand));
    check(isDocument(operand) && operand.size > 0, 2, '$not needs a regex or a document that is not empty');
    return negation(path, conjunction(parseTests(path, operand, level)));
  },
  $elemMatch: parseElemMatch,
  $regex: (path, operand, tests) => regexNode(path, operand, tests.get('$options')),
  $type: (path, operand) => field(path, { op: 'type', value: parseTypes(operand) }),
  $size: (path, operand) => {
    const size = isNumber(operand) && !(operand instanceof Decimal128) ? toDouble(operand) : NaN;
    check(size === (size | 0) && size >= 0, 2, '$size must be a whole number that is not negative');
    return field(path, { op: 'size', value: size });
  },
  $mod: (path, operand) => field(path, { op: 'mod', value: parseMod(operand) }),
};

function negation(path: string, value: FilterNode): FieldNode {
  return field(path, { op: 'not', value });
}

function comparison(path: string, op: 'lt' | 'lte' | 'gt' | 'gte', value: BsonValue): FilterNode {
  check(!(value instanceof BSONRegExp), 2, `Can't have RegEx as arg to predicate over field '${path}'.`);
  return field(path, { op, value });
}

function parseIn(path: string, operand: BsonValue): FilterNode {
  check(Array.isArray(operand), 2, '$in and $nin need an array');
  check(!operand.some(isExpression), 2, 'cannot nest $ under $in');
  const [only] = operand;
  if (operand.length === 1 && only !== undefined) return equalityOrPattern(path, only);
  return field(path, { op: 'in', value: operand });
}

function equalityOrPattern(path: string, value: BsonValue): FieldNode {
  return value instanceof BSONRegExp ? regexNode(path, value) : equality(path, value);
}

/** `$all` is the conjunction of its members. */
function parseAll(path: string, operand: BsonValue): FilterNode[] {
  check(Array.isArray(operand), 2, '$all needs an array');
  if (operand.length === 0) return [{ kind: 'or', children: [] }];
  const elemMatches = operand.map((member) => (isDocument(member) ? member.get('$elemMatch') : undefined));
  const areMatches = elemMatches[0] !== undefined;
  return operand.map((member, index) => {
    const match = elemMatches[index];
    check(
      areMatches ? match !== undefined : !isExpression(member),
      2,
      '$all takes values, or only $elemMatch',
    );
    return areMatches ? parseElemMatch(path, match!) : equalityOrPattern(path, member);
  });
}

const TREES = ['$and', '$or', '$nor', '$where', '$expr'];

function parseElemMatch(path: string, operand: BsonValue): FieldNode {
  check(isDocument(operand), 2, '$elemMatch needs an Object');
  const [first] = operand.keys();
  if (!isExpression(operand) || TREES.includes(first!)) {
    return field(path, { op: 'elemMatch', on: 'documents', value: parseDocument(operand, 'inner') });
  }
  const value = conjunction(parseTests('', operand, 'inner'));
  return field(path, { op: 'elemMatch', on: 'values', value });
}

/** The operand of `$type`: a name, a number, or a list of them. */
function parseTypes(operand: BsonValue): BsonTypeName[] {
  const types = (Array.isArray(operand) ? operand : [operand]).flatMap((value) => {
    if (value === 'number') return ['int', 'long', 'double', 'decimal'] as const;
    check(typeof value === 'string' || isNumber(value), 14, 'type must be a number or a string');
    const code = isNumber(value) ? toDouble(value) : null;
    const known = [...TYPE_NUMBERS].find(([name, each]) => name === value || each === code);
    check(known !== undefined, 2, 'Unknown type name alias or numerical type code');
    return known[0] as BsonTypeName;
  });
  check(types.length > 0, 9, '$type must match at least one type');
  return types;
}

/** The operand of `$mod`: `[divisor, remainder]`, cut to integers. */
function parseMod(operand: BsonValue): { divisor: bigint; remainder: bigint } {
  check(Array.isArray(operand) && operand.length === 2, 2, 'malformed mod, needs an array of two elements');
  const [divisor, remainder] = operand.map((each) => (isNumber(each) ? integerPart(each) : null));
  check(divisor != null, 2, 'malformed mod, divisor not a number');
  check(divisor !== 0n, 2, 'divisor cannot be 0');
  return { divisor, remainder: remainder ?? 0n };
}

/**
 * What `$expr` says of single fields, in terms that an index answers: `$eq` between a field and a constant scalar. The
 * expression itself still decides; for arrays the two notions of equality differ.
 */
function impliedEqualities(expression: BsonValue): FieldNode[] {
  if (!isDocument(expression)) return [];
  const conditions = expression.get('$and');
  if (Array.isArray(conditions)) return conditions.flatMap(impliedEqualities);
  const sides = expression.get('$eq');
  if (!Array.isArray(sides)) return [];
  const path = sides.find((side) => typeof side === 'string' && /^\$[^$]/.test(side));
  const constant = sides.map(constantOf).find((value) => value !== undefined);
  return typeof path === 'string' && constant !== undefined ? [equality(path.slice(1), constant)] : [];
}

function constantOf(side: BsonValue): Value {
  if (typeof side === 'string' && side.startsWith('$')) return undefined;
  const value = isDocument(side) ? side.get('$literal') : side;
  return value === null || isDocument(value) || Array.isArray(value) ? undefined : value;
}

/**
 * The fields that an upsert takes from its filter: what the filter says they equal.
 * @throws MongoError NotSingleValueField (54) for a path that is given two values
 */
export function filterEqualities(node: FilterNode): Map<string, BsonValue> {
  const equalities = new Map<string, BsonValue>();
  for (const child of node.kind === 'and' ? node.children : [node]) {
    check(child.kind !== 'expr', 224, '$expr is not allowed in the query predicate for an upsert');
    if (child.kind !== 'field' || child.op !== 'eq') continue;
    const isTaken = [...equalities.keys()].some((other) => `${child.path}.`.startsWith(`${other}.`));
    check(!isTaken, 54, `cannot infer query fields to set, path '${child.path}' is matched twice`);
    equalities.set(child.path, child.value);
  }
  return equalities;
}
