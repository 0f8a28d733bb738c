import { BSONRegExp } from 'bson';
import { BsonDocument, BsonTypeName, BsonValue, CANONICAL_TYPES, isDocument, isNumber } from './bson-value';
import { check, MongoError } from './errors';
import { isTruthy } from './evaluation';
import { compileExpression } from './expression';
import { toDouble } from './numbers';
import { readRegExp } from './regex';

/** What is asked of one field. A negation (`$ne`, `$nin`, `$not`) is a `not` around what it negates. */
export type FieldTest =
  | { op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte'; value: BsonValue }
  /** A BSONRegExp in the list is a pattern. */
  | { op: 'in'; value: BsonValue[] }
  | { op: 'exists'; value: true }
  | { op: 'regex'; value: BSONRegExp }
  | { op: 'type'; value: readonly BsonTypeName[] }
  | { op: 'size'; value: number }
  /** `on` says whether the elements are matched as documents or, by nodes with the path `ELEMENT`, as values. */
  | { op: 'elemMatch'; value: FilterNode; on: 'documents' | 'values' }
  | { op: 'not'; value: FilterNode };

/** The path of what is asked of an array element itself: no name, for none holds a zero. */
export const ELEMENT = '\0';

export type FieldNode = { kind: 'field'; path: string } & FieldTest;

/** A filter, parsed. `and` without children matches everything, `or` without children nothing. */
export type FilterNode =
  | { kind: 'and' | 'or' | 'nor'; children: FilterNode[] }
  | FieldNode
  | { kind: 'expr'; expression: BsonValue };

/**
 * Parses a filter. One-armed `$and`, `$or` and `$in` become what they hold, `$and` in `$and` one list.
 * @throws MongoError BadValue (2), NotImplemented (238) for what MongoDB has and this has not, and others
 */
export function parseFilter(filter: BsonDocument): FilterNode {
  const nodes: FilterNode[] = [];
  for (const [name, value] of filter) {
    if (name.startsWith('$')) nodes.push(...parsePathless(name, value));
    else if (isExpression(value)) nodes.push(...parseTests(name, value));
    else nodes.push(equalityOrPattern(name, value));
  }
  return conjunction(nodes);
}

function conjunction(nodes: FilterNode[]): FilterNode {
  const nested = nodes.some(({ kind }) => kind === 'and');
  const children = nested ? nodes.flatMap((node) => (node.kind === 'and' ? node.children : [node])) : nodes;
  return children.length === 1 ? children[0]! : { kind: 'and', children };
}

/** `{ $gt: 5 }` asks; `{ a: 5 }`, `{}` and a database reference are values to equal. */
function isExpression(value: BsonValue): value is BsonDocument {
  if (!isDocument(value)) return false;
  const first = value.keys().next().value;
  return first?.startsWith('$') === true && !(value.has('$ref') && value.has('$id'));
}

const TREES = { $and: 'and', $or: 'or', $nor: 'nor' } as const;

function parsePathless(name: string, value: BsonValue): FilterNode[] {
  if (Object.hasOwn(TREES, name)) return [parseTree(TREES[name as keyof typeof TREES], value)];
  if (name === '$comment') return [];
  if (name === '$expr') {
    compileExpression(value);
    return [{ kind: 'expr', expression: value }];
  }
  throw unknownOperator(name);
}

function unknownOperator(name: string): MongoError {
  const isElsewhere = /^\$(text|jsonSchema|always(True|False)|ref|id|db|mod|near|geo|within|bits)/.test(name);
  return new MongoError(isElsewhere ? 238 : 2, `unknown or unsupported operator: ${name}`);
}

function parseTree(kind: 'and' | 'or' | 'nor', value: BsonValue): FilterNode {
  check(Array.isArray(value) && value.length > 0, 2, '$and/$or/$nor must be a nonempty array');
  const children = value.map((arm) => {
    check(isDocument(arm), 2, '$or/$and/$nor entries need to be full objects');
    return parseFilter(arm);
  });
  if (kind === 'and') return conjunction(children);
  return kind === 'or' && children.length === 1 ? children[0]! : { kind, children };
}

function parseTests(path: string, tests: BsonDocument): FilterNode[] {
  const nodes: FilterNode[] = [];
  for (const [operator, operand] of tests) {
    if (operator === '$options' && tests.has('$regex')) continue;
    if (!Object.hasOwn(TESTS, operator)) throw unknownOperator(operator);
    nodes.push(TESTS[operator]!(path, operand, tests));
  }
  return nodes;
}

type TestParser = (path: string, operand: BsonValue, tests: BsonDocument) => FilterNode;

const TESTS: Readonly<Record<string, TestParser>> = {
  $eq: equality,
  $ne: (path, operand) => negation(path, equality(path, withoutPattern(operand))),
  $lt: (path, operand) => field(path, { op: 'lt', value: withoutPattern(operand) }),
  $lte: (path, operand) => field(path, { op: 'lte', value: withoutPattern(operand) }),
  $gt: (path, operand) => field(path, { op: 'gt', value: withoutPattern(operand) }),
  $gte: (path, operand) => field(path, { op: 'gte', value: withoutPattern(operand) }),
  $in: parseIn,
  $nin: (path, operand) => negation(path, parseIn(path, operand)),
  $exists: (path, operand) => {
    const exists = field(path, { op: 'exists', value: true });
    return isTruthy(operand) ? exists : negation(path, exists);
  },
  $not: (path, operand) => {
    if (operand instanceof BSONRegExp) return negation(path, equalityOrPattern(path, operand));
    check(isDocument(operand) && operand.size > 0, 2, '$not needs a regex or a document that is not empty');
    return negation(path, conjunction(parseTests(path, operand)));
  },
  $all: (path, operand) => {
    check(Array.isArray(operand) && !operand.some(isExpression), 2, '$all needs an array of values');
    if (operand.length === 0) return { kind: 'or', children: [] };
    return conjunction(operand.map((member) => equalityOrPattern(path, member)));
  },
  $elemMatch: parseElemMatch,
  $regex: (path, operand, tests) =>
    field(path, { op: 'regex', value: readRegExp(operand, tests.get('$options')) }),
  $type: (path, operand) => field(path, { op: 'type', value: parseTypes(operand) }),
  $size: (path, operand) => {
    const size = isNumber(operand) ? toDouble(operand) : NaN;
    check(size === (size | 0) && size >= 0, 2, '$size must be a whole number that is not negative');
    return field(path, { op: 'size', value: size });
  },
};

function field(path: string, test: FieldTest): FieldNode {
  return { kind: 'field', path, ...test };
}

/** The most frequent test by far, made without a copy. */
function equality(path: string, value: BsonValue): FieldNode {
  return { kind: 'field', path, op: 'eq', value };
}

function negation(path: string, value: FilterNode): FieldNode {
  return field(path, { op: 'not', value });
}

function withoutPattern(operand: BsonValue): BsonValue {
  check(!(operand instanceof BSONRegExp), 2, 'A regular expression cannot be compared with');
  return operand;
}

function equalityOrPattern(path: string, value: BsonValue): FieldNode {
  if (!(value instanceof BSONRegExp)) return equality(path, value);
  return field(path, { op: 'regex', value: readRegExp(value) });
}

function parseIn(path: string, operand: BsonValue): FilterNode {
  check(Array.isArray(operand), 2, '$in and $nin need an array');
  check(!operand.some(isExpression), 2, 'cannot nest $ under $in');
  const [only] = operand;
  if (operand.length === 1 && only !== undefined) return equalityOrPattern(path, only);
  for (const member of operand) if (member instanceof BSONRegExp) readRegExp(member);
  return field(path, { op: 'in', value: operand });
}

function parseElemMatch(path: string, operand: BsonValue): FieldNode {
  check(isDocument(operand), 2, '$elemMatch needs an Object');
  const on = isExpression(operand) && !Object.hasOwn(TREES, [...operand.keys()][0]!) ? 'values' : 'documents';
  const value = on === 'values' ? conjunction(parseTests(ELEMENT, operand)) : parseFilter(operand);
  check(!hasExpression(value), 2, '$expr can only be applied to the top-level document');
  return field(path, { op: 'elemMatch', on, value });
}

function hasExpression(node: FilterNode): boolean {
  return node.kind === 'expr' || (node.kind !== 'field' && node.children.some(hasExpression));
}

/** The operand of `$type`: a name, or a list of them. */
function parseTypes(operand: BsonValue): BsonTypeName[] {
  const types = Array.isArray(operand) ? operand : [operand];
  check(types.length > 0, 9, '$type must match at least one type');
  return types.flatMap((name) => {
    check(!isNumber(name), 238, '$type is supported by the names of types, not by their numbers');
    check(typeof name === 'string', 14, 'type must be a string');
    if (name === 'number') return ['int', 'long', 'double', 'decimal'] as const;
    check(Object.hasOwn(CANONICAL_TYPES, name), 2, `Unknown type name alias: ${name}`);
    return [name as BsonTypeName];
  });
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
