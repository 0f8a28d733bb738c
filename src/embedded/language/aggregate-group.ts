import { Accumulator, ACCUMULATORS, groupKey } from './accumulators';
import type { Stage } from './aggregate';
import { BsonDocument, BsonValue, isDocument } from './bson-value';
import { MongoError } from './errors';
import { compileExpression } from './expression';
import { Expression, scopeOf } from './expression-scope';

/** One field that `$group` computes. */
interface GroupField {
  readonly name: string;
  readonly create: () => Accumulator;
  readonly valueOf: Expression;
}

interface Group {
  readonly id: BsonValue;
  readonly accumulators: Accumulator[];
}

/** `$group`. Groups come in the order in which they were first seen; MongoDB promises none. */
export function groupStage(spec: BsonValue): Stage {
  if (!isDocument(spec)) throw new MongoError(15947, "a group's fields must be specified in an object");
  const id = spec.get('_id');
  if (id === undefined) throw new MongoError(15955, 'a group specification must include an _id');
  const idOf = compileExpression(id);
  const fields = [...spec]
    .filter(([name]) => name !== '_id')
    .map(([name, value]) => parseGroupField(name, value));
  return function* (documents) {
    for (const group of collectGroups(documents, idOf, fields).values()) yield documentOfGroup(group, fields);
  };
}

function parseGroupField(name: string, value: BsonValue): GroupField {
  if (name.includes('.')) throw new MongoError(40235, `The field name '${name}' cannot contain '.'`);
  if (name.startsWith('$')) {
    throw new MongoError(40236, `The field name '${name}' cannot be an operator name`);
  }
  if (!isDocument(value) || value.size === 0) {
    throw new MongoError(40234, `The field '${name}' must be an accumulator object`);
  }
  if (value.size !== 1) throw new MongoError(40238, `The field '${name}' must specify one accumulator`);
  const [[operator, operand]] = [...value] as [[string, BsonValue]];
  if (!Object.hasOwn(ACCUMULATORS, operator)) {
    throw new MongoError(15952, `unknown group operator '${operator}'`);
  }
  return { name, create: ACCUMULATORS[operator]!, valueOf: compileExpression(argumentOf(operator, operand)) };
}

/** `[x]` is the argument x; accumulators take one. */
function argumentOf(operator: string, operand: BsonValue): BsonValue {
  if (!Array.isArray(operand)) return operand;
  if (operand.length !== 1) throw new MongoError(40237, `The ${operator} accumulator is a unary operator`);
  return operand[0]!;
}

function collectGroups(
  documents: Iterable<BsonDocument>,
  idOf: Expression,
  fields: GroupField[],
): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const document of documents) {
    const scope = scopeOf(document);
    const id = idOf(scope) ?? null;
    const key = groupKey(id);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { id, accumulators: fields.map(({ create }) => create()) }));
    for (const [index, { valueOf }] of fields.entries()) group.accumulators[index]!.add(valueOf(scope));
  }
  return groups;
}

function documentOfGroup({ id, accumulators }: Group, fields: GroupField[]): BsonDocument {
  const document: BsonDocument = new Map([['_id', id]]);
  for (const [index, { name }] of fields.entries()) document.set(name, accumulators[index]!.result());
  return document;
}
