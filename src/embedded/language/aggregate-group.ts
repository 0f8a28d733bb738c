import { Double, Int32 } from 'bson';
import { Accumulator, ACCUMULATORS, groupKey, sizeOf } from './accumulators';
import { BsonDocument, BsonValue, isDocument, isNumber, Value } from './bson-value';
import { check } from './errors';
import { beginDocument, Expression, PipelineSource, Scope, scopeOf, Stage } from './evaluation';
import { compileExpression, compileOperand, operatorOf } from './expression';
import { asValue, Operand } from './expression-arithmetic';
import { doubleBelow } from './numbers';

/** One field that `$group` computes. */
interface GroupField {
  readonly name: string;
  readonly create: () => Accumulator;
  readonly valueOf: Expression;
}

/**
 * A place in the tree of groups, which has a level for each field of the `_id`: the `_id` of a document's group, which
 * nearly always is there already, need not be made to find it.
 */
class GroupNode {
  accumulators: Accumulator[] | null = null;
  private children: Map<string | number | null | undefined, GroupNode> | null = null;
  private last: GroupNode | null = null;

  constructor(
    readonly parent: GroupNode | null,
    readonly value: Operand,
    private readonly key: string | number | null | undefined,
  ) {}

  child(value: Operand): GroupNode {
    const key = mapKey(value);
    // Documents that lie side by side are often of one group.
    if (this.last !== null && this.last.key === key) return this.last;
    this.children ??= new Map();
    let child = this.children.get(key);
    if (!child) this.children.set(key, (child = new GroupNode(this, value, key)));
    return (this.last = child);
  }
}

/** What a group, and each of its accumulators, takes beside the values. */
const GROUP_BYTES = 150;
const ACCUMULATOR_BYTES = 40;

/** `$group`. Groups come in the order in which they were first seen; MongoDB promises none. */
export function groupStage(spec: BsonValue, source: PipelineSource): Stage {
  check(isDocument(spec), 15947, "a group's fields must be specified in an object");
  const id = spec.get('_id');
  check(id !== undefined, 15955, 'a group specification must include an _id');
  const parts: GroupParts = [];
  const idOf = compileId(id, parts);
  const fields = [...spec]
    .filter(([name]) => name !== '_id')
    .map(([name, value]) => parseGroupField(name, value));
  const values = fields.map(({ valueOf }) => valueOf);
  return function* (documents) {
    const groups: GroupNode[] = [];
    const root = new GroupNode(null, null, null);
    const scope = scopeOf(new Map());
    for (const document of documents) {
      if (!document) {
        yield null;
        continue;
      }
      beginDocument();
      scope.root = document;
      let group = root;
      let bytes = 0;
      for (const part of parts) group = group.child(part(scope));
      if (group.accumulators === null) {
        group.accumulators = fields.map(({ create }) => create());
        groups.push(group);
        bytes = GROUP_BYTES + ACCUMULATOR_BYTES * fields.length + sizeOf(asValue(group.value));
      }
      const { accumulators } = group;
      for (let i = 0; i < values.length; i++) bytes += accumulators[i]!.add(values[i]!(scope));
      if (bytes !== 0) source.takeMemory(bytes);
    }
    for (const group of groups) {
      const document: BsonDocument = new Map([['_id', idOf(valuesOf(group))!]]);
      for (let i = 0; i < fields.length; i++) document.set(fields[i]!.name, group.accumulators![i]!.result());
      yield document;
      if (source.pauses()) yield null;
    }
  };
}

/** What tells groups apart: every expression in an `_id`, which may be a document of them. */
type GroupParts = ((scope: Scope) => Operand)[];

/** Adds what is to be evaluated to the parts, and makes what puts an `_id` together from their values. */
function compileId(id: BsonValue, parts: GroupParts, isWhole = true): (values: readonly Value[]) => Value {
  if (!isDocument(id) || id.size === 0 || operatorOf(id) !== null) {
    const valueOf = compileOperand(id);
    // A missing field is left out of a document; as a whole `_id` it is null.
    const at = parts.push(isWhole ? (scope) => valueOf(scope) ?? null : valueOf) - 1;
    return (values) => values[at];
  }
  const fields = Array.from(id, ([name, inner]) => [name, compileId(inner, parts, false)] as const);
  return (values) => {
    const document: BsonDocument = new Map();
    for (const [name, valueOf] of fields) {
      const value = valueOf(values);
      if (value !== undefined) document.set(name, value);
    }
    return document;
  };
}

/** The values of a group's parts. */
function valuesOf(group: GroupNode): Value[] {
  const values: Value[] = [];
  for (let node = group; node.parent; node = node.parent) values.push(asValue(node.value));
  return values.reverse();
}

/** A key of a Map: the value itself where that tells it from all others. */
function mapKey(value: Operand): string | number | null | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return value.charCodeAt(0) === 0 ? `\0${groupKey(value)}` : value;
  if (value === null || value === undefined) return value;
  if (value instanceof Int32 || value instanceof Double) return value.value;
  const { double, exact } = isNumber(value) ? doubleBelow(value) : { double: 0, exact: false };
  return exact ? double : `\0${groupKey(value)}`;
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
