import { Double, Int32, Long } from 'bson';
import { BsonDocument, BsonNumber, BsonValue, isDocument, isNumber, Value } from './bson-value';
import { check } from './errors';
import { asValue, beginDocument, Expression, Operand, Limits, Scope, scopeOf, Stage } from './evaluation';
import { compileExpression, compileOperand, operatorOf } from './expression';
import { compareValues, identityOf } from './key-component';
import { calculate, doubleBelow, toDouble } from './numbers';

/** Takes values one by one and gives one value for all of them. */
interface Accumulator {
  /** Returns about how many bytes more it holds. */
  add(value: Value): number;
  result(): BsonValue;
}

const ACCUMULATORS: Readonly<Record<string, () => Accumulator>> = {
  $sum: () => new Sum(),
  $avg: () => new Average(),
  $min: () => new Chosen((value, best) => value != null && (best == null || compareValues(value, best) < 0)),
  $max: () => new Chosen((value, best) => value != null && (best == null || compareValues(value, best) > 0)),
  $first: () => new Chosen((_value, first) => first === undefined),
  $last: () => new Chosen(() => true),
  $push: () => new List(),
};

class Sum implements Accumulator {
  /** Ints, nearly always, are summed up apart: no number is made for each. */
  private ints = 0;
  private doubles: number | null = null;
  /** What the sum of doubles has lost by rounding, as MongoDB keeps it (Neumaier's summation). */
  private lost = 0;
  private others: BsonNumber | null = null;

  add(value: Value): number {
    if (value instanceof Int32 && Number.isSafeInteger(2 * this.ints)) this.ints += value.value;
    else if (value instanceof Double) this.addDouble(value.value);
    else if (isNumber(value)) this.others = this.others ? plus(this.others, value) : value;
    return 0;
  }

  result(): BsonValue {
    const { ints, others } = this;
    const sum = ints === (ints | 0) ? new Int32(ints) : Long.fromNumber(ints);
    const exact = others ? plus(others, sum) : sum;
    if (this.doubles === null) return exact;
    this.addDouble(toDouble(exact));
    const total = this.doubles + this.lost;
    return new Double(Number.isNaN(total) ? this.doubles : total);
  }

  private addDouble(value: number): void {
    const before = this.doubles ?? 0;
    const sum = before + value;
    this.lost += Math.abs(before) >= Math.abs(value) ? before - sum + value : value - sum + before;
    this.doubles = sum;
  }
}

/** Beyond a long, sums go on as doubles. */
function plus(a: BsonNumber, b: BsonNumber): BsonNumber {
  return calculate('add', a, b) ?? new Double(toDouble(a) + toDouble(b));
}

class Average extends Sum {
  private count = 0;

  override add(value: Value): number {
    if (isNumber(value)) this.count += 1;
    return super.add(value);
  }

  override result(): BsonValue {
    const sum = super.result() as BsonNumber;
    return this.count === 0 ? null : new Double(toDouble(sum) / this.count);
  }
}

/** One of the values. */
class Chosen implements Accumulator {
  private chosen: Value;

  /** @param replaces whether a value is to be chosen in place of the one before, if there is one */
  constructor(private readonly replaces: (value: Value, chosen: Value) => boolean) {}

  add(value: Value): number {
    const before = this.chosen;
    if (!this.replaces(value, before)) return 0;
    this.chosen = value ?? null;
    return sizeOf(value) - sizeOf(before);
  }

  result(): BsonValue {
    return this.chosen ?? null;
  }
}

class List implements Accumulator {
  private readonly values: BsonValue[] = [];

  add(value: Value): number {
    if (value === undefined) return 0;
    this.values.push(value);
    return 8 + sizeOf(value);
  }

  result(): BsonValue {
    return this.values;
  }
}

/** About how much memory a value takes. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return 24 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 0;
  if (value instanceof Map) {
    let bytes = 100;
    for (const [, inner] of value) bytes += 30 + sizeOf(inner);
    return bytes;
  }
  if (Array.isArray(value)) return value.reduce<number>((bytes, element) => bytes + 8 + sizeOf(element), 32);
  return 'buffer' in value ? 100 + value.buffer.length : 32;
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
    private readonly parent: GroupNode | null,
    private readonly value: Operand,
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

  /** What the levels from the root to here tell apart. */
  get values(): Value[] {
    return this.parent ? [...this.parent.values, asValue(this.value)] : [];
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
export function groupStage(spec: BsonValue, limits: Limits): Stage {
  const id = isDocument(spec) ? spec.get('_id') : undefined;
  check(isDocument(spec) && id !== undefined, 15955, 'a group specification must include an _id');
  const parts: ((scope: Scope) => Operand)[] = [];
  const idOf = compileId(id, parts);
  const known = new Map<BsonValue, Expression>();
  const named = [...spec].filter(([name]) => name !== '_id');
  const fields = named.map(([name, value]) => parseGroupField(name, value, known));
  return function* (documents) {
    const groups: GroupNode[] = [];
    const root = new GroupNode(null, null, null);
    const scope = scopeOf(new Map());
    for (const document of documents) {
      if (!document) {
        yield null;
        continue;
      }
      beginDocument(scope, document);
      let group = root;
      let bytes = 0;
      for (const part of parts) group = group.child(part(scope));
      if (group.accumulators === null) {
        group.accumulators = fields.map(({ create }) => create());
        groups.push(group);
        bytes = GROUP_BYTES + ACCUMULATOR_BYTES * fields.length;
        for (const value of group.values) bytes += sizeOf(value);
      }
      let value: Value;
      for (let i = 0; i < fields.length; i++) {
        const { valueOf } = fields[i]!;
        // Fields side by side are often of the same value.
        if (i === 0 || valueOf !== fields[i - 1]!.valueOf) value = valueOf(scope);
        bytes += group.accumulators[i]!.add(value);
      }
      if (bytes !== 0) limits.takeMemory(bytes);
    }
    for (const { values, accumulators } of groups) {
      const document: BsonDocument = new Map([['_id', idOf(values)!]]);
      for (let i = 0; i < fields.length; i++) document.set(fields[i]!.name, accumulators![i]!.result());
      yield document;
      if (limits.pauses()) yield null;
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

/**
 * A field that `$group` computes.
 * @param known expressions by what they were made of: the same text makes the same one
 */
function parseGroupField(name: string, spec: BsonValue, known: Map<BsonValue, Expression>) {
  const [[operator, operand] = ['', null]] = isDocument(spec) ? spec : [];
  const isRight = isDocument(spec) && spec.size === 1 && !/^\$|\./.test(name) && !Array.isArray(operand);
  check(
    isRight,
    40234,
    `The field '${name}' must be an accumulator of one operand, without dots in its name`,
  );
  check(Object.hasOwn(ACCUMULATORS, operator), 15952, `unknown group operator '${operator}'`);
  const valueOf = known.get(operand) ?? compileExpression(operand);
  known.set(operand, valueOf);
  return { name, create: ACCUMULATORS[operator]!, valueOf };
}
