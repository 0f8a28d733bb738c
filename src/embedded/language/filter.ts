import { BSONRegExp } from 'bson';
import { BsonDocument, BsonTypeName, BsonValue, CANONICAL_TYPES, isDocument, isNumber } from './bson-value';
import { check } from './errors';
import { isTruthy } from './evaluation';
import { toDouble } from './numbers';
import { readRegExp } from './regex';

/** What is asked of one field. A negation (`$ne`, `$nin`, `$not`) is a `not` around what it negates. */
export type FieldTest =
  | { op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte'; value: BsonValue }
  /** A BSONRegExp in the list is a pattern. */
  | { op: 'in'; value: BsonValue[] }
  | { op: 'exists'; value: true }
  | { op: 'regex'; value: BSONRegExp }
  | { op: 'type'; value: BsonTypeName }
  | { op: 'size'; value: number }
  /** Asked of the documents in an array. */
  | { op: 'elemMatch'; value: FilterNode }
  | { op: 'not'; value: FilterNode };

export type FieldNode = { kind: 'field'; path: string } & FieldTest;

/** A filter, parsed. `and` without children matches everything, `or` without children nothing. */
export type FilterNode = { kind: 'and' | 'or' | 'nor'; children: FilterNode[] } | FieldNode;

/**
 * Parses a filter. One-armed `$and`, `$or` and `$in` become what they hold, `$and` in `$and` one list.
 * @throws MongoError BadValue (2) for what is invalid or not supported, and others
 */
export function parseFilter(filter: BsonDocument): FilterNode {
  const nodes: FilterNode[] = [];
  for (const [name, value] of filter) {
    if (name.startsWith('$')) {
      if (name !== '$comment') nodes.push(parseTree(name, value));
    } else if (isExpression(value)) nodes.push(...parseTests(name, value));
    else nodes.push(equalityOrPattern(name, value));
  }
  return conjunction(nodes);
}

function conjunction(nodes: FilterNode[]): FilterNode {
  const isNested = nodes.some(({ kind }) => kind === 'and');
  const children = isNested ? nodes.flatMap((node) => (node.kind === 'and' ? node.children : [node])) : nodes;
  return children.length === 1 ? children[0]! : { kind: 'and', children };
}

/** `{ $gt: 5 }` asks; `{ a: 5 }`, `{}` and a database reference are values to equal. */
function isExpression(value: BsonValue): value is BsonDocument {
  if (!isDocument(value)) return false;
  const first = value.keys().next().value;
  return first?.startsWith('$') === true && !(value.has('$ref') && value.has('$id'));
}

function parseTree(name: string, value: BsonValue): FilterNode {
  const kind = (['and', 'or', 'nor'] as const).find((each) => name === `$${each}`);
  check(kind !== undefined, 2, `unknown or unsupported operator: ${name}`);
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
    check(Object.hasOwn(TESTS, operator), 2, 'unknown or unsupported operator');
    nodes.push(TESTS[operator]!(path, operand, tests));
  }
  return nodes;
}

type TestParser = (path: string, operand: BsonValue, tests: BsonDocument) => FilterNode;

const TESTS: Readonly<Record<string, TestParser>> = {
  $eq: (path, value) => field(path, 'eq', value),
  $ne: (path, operand) => field(path, 'not', field(path, 'eq', withoutPattern(operand))),
  $lt: (path, operand) => field(path, 'lt', withoutPattern(operand)),
  $lte: (path, operand) => field(path, 'lte', withoutPattern(operand)),
  $gt: (path, operand) => field(path, 'gt', withoutPattern(operand)),
  $gte: (path, operand) => field(path, 'gte', withoutPattern(operand)),
  $in: parseIn,
  $nin: (path, operand) => field(path, 'not', parseIn(path, operand)),
  $exists: (path, operand) => {
    const exists = field(path, 'exists', true);
    return isTruthy(operand) ? exists : field(path, 'not', exists);
  },
  $not: (path, operand) => {
    if (operand instanceof BSONRegExp) return field(path, 'not', equalityOrPattern(path, operand));
    check(isDocument(operand) && operand.size > 0, 2, '$not needs a regex or a document that is not empty');
    return field(path, 'not', conjunction(parseTests(path, operand)));
  },
  $all: (path, operand) => {
    check(Array.isArray(operand) && !operand.some(isExpression), 2, '$all needs an array of values');
    if (operand.length === 0) return { kind: 'or', children: [] };
    return conjunction(operand.map((member) => equalityOrPattern(path, member)));
  },
  $elemMatch: (path, operand) => {
    check(isDocument(operand), 2, '$elemMatch needs an object');
    return field(path, 'elemMatch', parseFilter(operand));
  },
  $regex: (path, operand, tests) => field(path, 'regex', readRegExp(operand, tests.get('$options'))),
  $type: (path, operand) => {
    const isName = typeof operand === 'string' && Object.hasOwn(CANONICAL_TYPES, operand);
    check(isName, 2, '$type takes the name of one type');
    return field(path, 'type', operand as BsonTypeName);
  },
  $size: (path, operand) => {
    const size = isNumber(operand) ? toDouble(operand) : NaN;
    check(size === (size | 0) && size >= 0, 2, '$size must be a whole number that is not negative');
    return field(path, 'size', size);
  },
};

function field<Op extends FieldTest['op']>(
  path: string,
  op: Op,
  value: (FieldTest & { op: Op })['value'],
): FieldNode {
  return { kind: 'field', path, op, value } as FieldNode;
}

function withoutPattern(operand: BsonValue): BsonValue {
  check(!(operand instanceof BSONRegExp), 2, 'A regular expression cannot be compared with');
  return operand;
}

function equalityOrPattern(path: string, value: BsonValue): FieldNode {
  return value instanceof BSONRegExp ? field(path, 'regex', readRegExp(value)) : field(path, 'eq', value);
}

function parseIn(path: string, operand: BsonValue): FilterNode {
  check(Array.isArray(operand), 2, '$in and $nin need an array');
  check(!operand.some(isExpression), 2, 'cannot nest $ under $in');
  const [only] = operand;
  if (operand.length === 1 && only !== undefined) return equalityOrPattern(path, only);
  for (const member of operand) if (member instanceof BSONRegExp) readRegExp(member);
  return field(path, 'in', operand);
}

/**
 * The fields that an upsert takes from its filter: what the filter says they equal.
 * @throws MongoError NotSingleValueField (54) for a path that is given two values
 */
export function filterEqualities(node: FilterNode): Map<string, BsonValue> {
  const equalities = new Map<string, BsonValue>();
  for (const child of node.kind === 'and' ? node.children : [node]) {
    if (child.kind !== 'field' || child.op !== 'eq') continue;
    const path = `${child.path}.`;
    const isTaken = [...equalities.keys()].some(
      (other) => path.startsWith(`${other}.`) || `${other}.`.startsWith(path),
    );
    check(!isTaken, 54, `cannot infer query fields to set, path '${child.path}' is matched twice`);
    equalities.set(child.path, child.value);
  }
  return equalities;
}
