import { Double, Int32 } from 'bson';
import { Accumulator, ACCUMULATORS, groupKey, sizeOf } from './accumulators';
import { BsonDocument, BsonValue, isDocument, isNumber, Value } from './bson-value';
import { check } from './errors';
import { Expression, PipelineSource, Scope, scopeOf, Stage } from './evaluation';
import { compileExpression } from './expression';
import { doubleBelow } from './numbers';

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

interface GroupSlot {
  group: Group | null;
  inner: GroupTable | null;
}

type GroupTable = Map<string | number | null | undefined, GroupSlot>;

/** What a group, and each of its accumulators, takes beside the values. */
const GROUP_BYTES = 150;
const ACCUMULATOR_BYTES = 40;

/** `$group`. Groups come in the order in which they were first seen; MongoDB promises none. */
export function groupStage(spec: BsonValue, source: PipelineSource): Stage {
  check(isDocument(spec), 15947, "a group's fields must be specified in an object");
  const id = spec.get('_id');
  check(id !== undefined, 15955, 'a group specification must include an _id');
  const idOf = compileExpression(id);
  const fields = [...spec]
    .filter(([name]) => name !== '_id')
    .map(([name, value]) => parseGroupField(name, value));
  const findSlot = slotFinder(id);
  return function* (documents) {
    const groups: Group[] = [];
    const table: GroupTable = new Map();
    for (const document of documents) {
      if (!document) {
        yield null;
        continue;
      }
      const scope = scopeOf(document);
      const slot = findSlot(scope, table);
      if (slot.group === null) {
        slot.group = { id: idOf(scope) ?? null, accumulators: fields.map(({ create }) => create()) };
        groups.push(slot.group);
        source.takeMemory(GROUP_BYTES + ACCUMULATOR_BYTES * fields.length + sizeOf(slot.group.id));
      }
      const { accumulators } = slot.group;
      let bytes = 0;
      for (let i = 0; i < fields.length; i++) bytes += accumulators[i]!.add(fields[i]!.valueOf(scope));
      if (bytes !== 0) source.takeMemory(bytes);
    }
    for (const group of groups) {
      yield documentOfGroup(group, fields);
      if (source.pauses()) yield null;
    }
  };
}

/**
 * Finds a document's group without making its `_id`, which nearly always is there already: a level for each field of
 * the `_id`.
 */
function slotFinder(id: BsonValue): (scope: Scope, table: GroupTable) => GroupSlot {
  const [first] = isDocument(id) ? id.keys() : [];
  const parts =
    isDocument(id) && first?.startsWith('$') === false
      ? Array.from(id.values(), compileExpression)
      : [compileExpression(id)];
  return (scope, table) => {
    let slot: GroupSlot | undefined;
    let level = table;
    for (const part of parts) {
      if (slot) level = slot.inner ??= new Map();
      const key = levelKey(part(scope), parts.length > 1);
      slot = level.get(key);
      if (!slot) level.set(key, (slot = { group: null, inner: null }));
    }
    return slot!;
  };
}

/** A key of a Map: the value itself where that tells it from all others. */
function levelKey(value: Value, tellsMissing: boolean): string | number | null | undefined {
  if (typeof value === 'string') return value.startsWith('\0') ? `\0${groupKey(value)}` : value;
  if (value instanceof Int32 || value instanceof Double) return value.value;
  if (value == null) return tellsMissing ? value : null;
  const { double, exact } = isNumber(value) ? doubleBelow(value) : { double: 0, exact: false };
  if (exact) return double;
  return `\0${groupKey(value)}`;
}

function parseGroupField(name: string, value: BsonValue): GroupField {
  check(!name.includes('.'), 40235, `The field name '${name}' cannot contain '.'`);
  check(!name.startsWith('$'), 40236, `The field name '${name}' cannot be an operator name`);
  check(isDocument(value) && value.size > 0, 40234, `The field '${name}' must be an accumulator object`);
  check(value.size === 1, 40238, `The field '${name}' must specify one accumulator`);
  const [[operator, operand]] = [...value] as [[string, BsonValue]];
  check(Object.hasOwn(ACCUMULATORS, operator), 15952, `unknown group operator '${operator}'`);
  const isList = Array.isArray(operand);
  check(!isList || operand.length === 1, 40237, `The ${operator} accumulator is a unary operator`);
  return {
    name,
    create: ACCUMULATORS[operator]!,
    valueOf: compileExpression(isList ? operand[0]! : operand),
  };
}

function documentOfGroup({ id, accumulators }: Group, fields: GroupField[]): BsonDocument {
  const document: BsonDocument = new Map([['_id', id]]);
  for (let i = 0; i < fields.length; i++) document.set(fields[i]!.name, accumulators[i]!.result());
  return document;
}
