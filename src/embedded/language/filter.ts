import { BSONRegExp } from 'bson';
import { BsonDocument, BsonTypeName, BsonValue, isDocument, isNumber } from './bson-value';
import { MongoError } from './errors';
import { compileExpression } from './expression';
import { isTrue, parseMod, parseSize, parseTypes } from './filter-operands';
import { impliedEqualities } from './implied-equalities';
import { compileRegExp, readRegExp } from './regex';

/** What is asked of one field. A negation (`$ne`, `$nin`, `$not`) is a `not` around what it negates. */
export type FieldTest =
  | { op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte'; value: BsonValue }
  /** A BSONRegExp in the list is a pattern. */
  | { op: 'in'; value: BsonValue[] }
  | { op: 'exists'; value: true }
  | { op: 'regex'; value: BSONRegExp }
  | { op: 'type'; value: readonly BsonTypeName[] }
  | { op: 'size'; value: number }
  | { op: 'mod'; value: { divisor: bigint; remainder: bigint } }
  /** `on` says whether the elements are matched as documents or, by nodes with an empty path, as values. */
  | { op: 'elemMatch'; value: FilterNode; on: 'documents' | 'values' }
  | { op: 'not'; value: FilterNode };

export type FieldNode = { kind: 'field'; path: string } & FieldTest;

/** A filter, parsed. `and` without children matches everything, `or` without children nothing. */
export type FilterNode =
  | { kind: 'and' | 'or' | 'nor'; children: FilterNode[] }
  | FieldNode
  | { kind: 'expr'; expression: BsonValue };

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
  return [value instanceof BSONRegExp ? regexNode(name, value) : equality(name, value)];
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
      if (level === 'inner') throw new MongoError(2, '$expr can only be applied to the top-level document');
      compileExpression(value);
      return [...impliedEqualities(value), { kind: 'expr', expression: value }];
    case '$comment':
      return [];
    case '$alwaysTrue':
    case '$alwaysFalse':
      if (!isNumber(value)) throw new MongoError(9, `${name} must be an integer value of 1`);
      return [{ kind: name === '$alwaysTrue' ? 'and' : 'or', children: [] }];
    case '$ref':
    case '$id':
    case '$db':
      return [field(name, { op: 'eq', value })];
    case '$where':
      throw new MongoError(2, 'no globalScriptEngine in $where parsing');
    case '$text':
      throw new MongoError(27, 'text index required for $text query');
    case '$jsonSchema':
      throw new MongoError(238, '$jsonSchema is not supported');
    default:
      throw new MongoError(2, `unknown top level operator: ${name}`);
  }
}

function parseTree(name: '$and' | '$or' | '$nor', value: BsonValue, level: Level): FilterNode {
  if (!Array.isArray(value)) throw new MongoError(2, `${name} must be an array`);
  if (value.length === 0) throw new MongoError(2, '$and/$or/$nor must be a nonempty array');
  const children = value.map((arm) => {
    if (!isDocument(arm)) throw new MongoError(2, '$or/$and/$nor entries need to be full objects');
    return parseDocument(arm, level);
  });
  if (name === '$and') return conjunction(children);
  if (name === '$or' && children.length === 1) return children[0]!;
  return { kind: name === '$or' ? 'or' : 'nor', children };
}

function parseTests(path: string, tests: BsonDocument, level: Level): FilterNode[] {
  return [...tests].flatMap(([operator, operand]) => parseTest(path, operator, operand, tests, level));
}

const COMPARISONS = { $lt: 'lt', $lte: 'lte', $gt: 'gt', $gte: 'gte' } as const;

/** Operators of MongoDB that this engine does without. */
const REFUSED = new Set(
  (
    '$near $nearSphere $geoNear $geoWithin $geoIntersects $within ' +
    '$bitsAllSet $bitsAnySet $bitsAllClear $bitsAnyClear'
  ).split(' '),
);

function parseTest(
  path: string,
  operator: string,
  operand: BsonValue,
  tests: BsonDocument,
  level: Level,
): FilterNode[] {
  switch (operator) {
    case '$eq':
      return [equality(path, operand)];
    case '$ne':
      if (operand instanceof BSONRegExp) throw new MongoError(2, "Can't have regex as arg to $ne.");
      return [negation(path, field(path, { op: 'eq', value: operand }))];
    case '$lt':
    case '$lte':
    case '$gt':
    case '$gte':
      return [parseComparison(path, COMPARISONS[operator], operand)];
    case '$in':
    case '$nin': {
      const among = parseIn(path, operator, operand);
      return [operator === '$in' ? among : negation(path, among)];
    }
    case '$exists': {
      const exists = field(path, { op: 'exists', value: true });
      return [isTrue(operand) ? exists : negation(path, exists)];
    }
    case '$not':
      return [negation(path, parseNot(path, operand, level))];
    case '$all':
      return parseAll(path, operand);
    case '$elemMatch':
      return [parseElemMatch(path, operand)];
    case '$regex':
      return [regexNode(path, operand, tests.get('$options'))];
    case '$options':
      if (!tests.has('$regex')) throw new MongoError(2, '$options needs a $regex');
      return [];
    case '$type':
      return [field(path, { op: 'type', value: parseTypes(path, operand) })];
    case '$size':
      return [field(path, { op: 'size', value: parseSize(operand) })];
    case '$mod':
      return [field(path, { op: 'mod', value: parseMod(operand) })];
    case '$where':
      throw new MongoError(2, '$where cannot be applied to a field');
    default:
      throw REFUSED.has(operator)
        ? new MongoError(238, `${operator} is not supported`)
        : new MongoError(2, `unknown operator: ${operator}`);
  }
}

function negation(path: string, value: FilterNode): FieldNode {
  return field(path, { op: 'not', value });
}

function parseComparison(path: string, op: 'lt' | 'lte' | 'gt' | 'gte', value: BsonValue): FilterNode {
  if (value instanceof BSONRegExp) {
    throw new MongoError(2, `Can't have RegEx as arg to predicate over field '${path}'.`);
  }
  return field(path, { op, value });
}

function parseIn(path: string, operator: string, operand: BsonValue): FilterNode {
  if (!Array.isArray(operand)) throw new MongoError(2, `${operator} needs an array`);
  if (operand.some(isExpression)) throw new MongoError(2, 'cannot nest $ under $in');
  const [only] = operand;
  if (operand.length !== 1 || only === undefined) return field(path, { op: 'in', value: operand });
  return only instanceof BSONRegExp ? regexNode(path, only) : field(path, { op: 'eq', value: only });
}

function parseNot(path: string, operand: BsonValue, level: Level): FilterNode {
  if (operand instanceof BSONRegExp) return regexNode(path, operand);
  if (!isDocument(operand)) throw new MongoError(2, '$not needs a regex or a document');
  if (operand.size === 0) throw new MongoError(2, '$not cannot be empty');
  return conjunction(parseTests(path, operand, level));
}

/** `$all` is the conjunction of its members. */
function parseAll(path: string, operand: BsonValue): FilterNode[] {
  if (!Array.isArray(operand)) throw new MongoError(2, '$all needs an array');
  if (operand.length === 0) return [{ kind: 'or', children: [] }];
  const elemMatches = operand.map((member) => (isDocument(member) ? member.get('$elemMatch') : undefined));
  if (elemMatches[0] !== undefined) {
    return elemMatches.map((member) => {
      if (member === undefined) throw new MongoError(2, '$all/$elemMatch has to be consistent');
      return parseElemMatch(path, member);
    });
  }
  return operand.map((member) => {
    if (isExpression(member)) throw new MongoError(2, 'no $ expressions in $all');
    return member instanceof BSONRegExp ? regexNode(path, member) : field(path, { op: 'eq', value: member });
  });
}

const TREES = ['$and', '$or', '$nor', '$where', '$expr'];

function parseElemMatch(path: string, operand: BsonValue): FilterNode {
  if (!isDocument(operand)) throw new MongoError(2, '$elemMatch needs an Object');
  const [first] = operand.keys();
  if (isExpression(operand) && !TREES.includes(first!)) {
    return field(path, {
      op: 'elemMatch',
      on: 'values',
      value: conjunction(parseTests('', operand, 'inner')),
    });
  }
  return field(path, { op: 'elemMatch', on: 'documents', value: parseDocument(operand, 'inner') });
}
