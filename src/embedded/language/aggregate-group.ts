import { Double, Int32 } from 'bson';
import { Accumulator, ACCUMULATORS, identityOf, sizeOf } from './accumulators';
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

/** A key of a Map: the value itself where that tells it from all others. */
type MapKey = string | number | null | undefined;

/**
 * A place in the tree of groups, which has a level for each expression in the `_id`: the `_id` of a document's group,
 * which nearly always is there already, need not be made to find it.
 */
class GroupNode {
  accumulators: Accumulator[] | null = null;
  private children: Map<MapKey, GroupNode> | null = null;
  private last: GroupNode | null = null;

  constructor(
    readonly parent: GroupNode | null,
    readonly value: Operand,
    private readonly key: MapKey,
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

function mapKey(value: Operand): MapKey {
  if (typeof value === 'number' || value === null || value === undefined) return value;
  if (typeof value === 'string') return value.charCodeAt(0) === 0 ? `\0${value}` : value;
  if (value instanceof Int32 || value instanceof Double) return value.value;
  const { double, exact } = isNumber(value) ? doubleBelow(value) : { double: 0, exact: false };
  return exact ? double : `\0\x01${identityOf(value)}`;
}

/** What a group, and each of its accumulators, takes beside the values. */
const GROUP_BYTES = 150;
const ACCUMULATOR_BYTES = 40;

/** `$group`. Groups come in the order in which they were first seen; MongoDB promises none. */
export function groupStage(spec: BsonValue, source: PipelineSource): Stage {
  const id = isDocument(spec) ? spec.get('_id') : undefined;
  check(isDocument(spec) && id !== undefined, 15955, 'a group specification must include an _id');
  const parts: ((scope: Scope) => Operand)[] = [];
  const idOf = compileId(id, parts);
  const known = new Map<BsonValue, Expression>();
  const fields = [...spec]
    .filter(([name]) => name !== '_id')
    .map(([name, value]) => parseGroupField(name, value, known));
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
        bytes = GROUP_BYTES + ACCUMULATOR_BYTES * fields.length;
        for (const part of valuesOf(group)) bytes += sizeOf(part);
      }
      const { accumulators } = group;
      let value: Value;
      let last: Expression | null = null;
      for (let i = 0; i < fields.length; i++) {
        const { valueOf } = fields[i]!;
        // Fields side by side are often of the same value.
        if (valueOf !== last) value = (last = valueOf)(scope);
        bytes += accumulators[i]!.add(value);
      }
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

/** Adds what tells groups apart to the parts, and makes what puts an `_id` together from their values. */
function compileId(
  id: BsonValue,
  parts: ((scope: Scope) => Operand)[],
  isWhole = true,
): (values: readonly Value[]) => Value {
  if (!isDocument(id) || id.size === 0 || operatorOf(id) !== null) {
    const valueOf = compileOperand(id);
    // A missing field is left out of a document; as a whole `_id` it is null.
    const at = parts.push(isWhole ? (scope) => valueOf(scope) ?? null : valueOf) - 1;
    return (values) => values[at];
  }
  const fields = Array.from(id, ([name, inner]) => [name, compileId(inner, parts, false)] as const);
  return (values) => {
    const made = fields.map(([name, valueOf]) => [name, valueOf(values)] as const);
    return new Map(made.filter((field): field is [string, BsonValue] => field[1] !== undefined));
  };
}

/** The values of a group's parts. */
function valuesOf(group: GroupNode): Value[] {
  const values: Value[] = [];
  for (let node = group; node.parent; node = node.parent) values.push(asValue(node.value));
  return values.reverse();
}

/** @param known expressions by what they were made of: the same text makes the same one */
function parseGroupField(name: string, value: BsonValue, known: Map<BsonValue, Expression>): GroupField {
  check(
    !name.includes('.') && !name.startsWith('$'),
    40235,
    `The field name '${name}' has a dot or begins with $`,
  );
  const [[operator, operand] = ['', null]] = isDocument(value) ? value : [];
  check(isDocument(value) && value.size === 1, 40234, `The field '${name}' must be an accumulator object`);
  check(Object.hasOwn(ACCUMULATORS, operator), 15952, `unknown group operator '${operator}'`);
  check(!Array.isArray(operand), 40237, `The ${operator} accumulator is a unary operator`);
  const valueOf = known.get(operand) ?? compileExpression(operand);
  known.set(operand, valueOf);
  return { name, create: ACCUMULATORS[operator]!, valueOf };
}
