import { Double, Int32, Long } from 'bson';
import { BsonDocument, BsonNumber, BsonValue, documentFrom, isDocument, isNumber, Value } from './bson-value';
import { check } from './errors';
import { asValue, Operand, scopeOf } from './evaluation';
import { compileExpression, compileOperand, Evaluate, operatorOf } from './expression';
import { compareValues, identityOf } from './key-component';
import { calculate, doubleBelow, toDouble } from './numbers';

/** Documents on their way through a pipeline, with null in between where the thread may be given away. */
export type Documents = Iterable<BsonDocument | null>;

/** What a stage makes of the documents that reach it. Stages are lazy as far as they can be, and pass nulls on at once. */
export type Stage = (documents: Documents) => Documents;

/** What keeps stages from running too long and holding too much: a statement's clock is one. */
export interface Limits {
  /** Counts one document that a stage makes. True now and then: the stage yields null. Throws what ends the statement. */
  pauses(): boolean;
  /** Counts bytes that a stage holds. Throws MongoError 292 where it is too many. */
  takeMemory(bytes: number): void;
}

/** Gives each document to a stage that has to see them all, and passes the nulls on. */
export function* takeAll(
  documents: Documents,
  take: (document: BsonDocument) => void,
): Generator<null, void> {
  for (const document of documents) {
    if (document) take(document);
    else yield null;
  }
}

/** Takes values one by one and gives one value for all of them. */
interface Accumulator {
  /** Returns about how many bytes more it holds. */
  add(value: Value): number;
  result(): BsonValue;
}

const ACCUMULATORS: Readonly<Record<string, () => Accumulator>> = {
  $sum: () => new Sum(),
  $avg: () => new Sum(true),
  $min: () => new Chosen((value, best) => value != null && (best == null || compareValues(value, best) < 0)),
  $max: () => new Chosen((value, best) => value != null && (best == null || compareValues(value, best) > 0)),
  $first: () => new Chosen((_value, first) => first === undefined),
  $last: () => new Chosen(() => true),
  $push: () => new List(null),
  $addToSet: () => new List(new Set()),
};

class Sum implements Accumulator {
  /** Ints, nearly always, are summed up apart: no number is made for each. */
  private ints = 0;
  private doubles: number | null = null;
  /** What the sum of doubles has lost by rounding, as MongoDB keeps it (Neumaier's summation). */
  private lost = 0;
  private others: BsonNumber | null = null;
  private count = 0;

  constructor(private readonly isAverage = false) {}

  add(value: Value): number {
    if (isNumber(value)) this.count++;
    if (value instanceof Int32 && Number.isSafeInteger(2 * this.ints)) this.ints += value.value;
    else if (value instanceof Double) this.addDouble(value.value);
    else if (isNumber(value)) this.others = this.others ? calculate('add', this.others, value) : value;
    return 0;
  }

  result(): BsonValue {
    if (!this.isAverage) return this.sum();
    return this.count === 0 ? null : new Double(toDouble(this.sum()) / this.count);
  }

  private sum(): BsonNumber {
    const { ints, others } = this;
    const sum = ints === (ints | 0) ? new Int32(ints) : Long.fromNumber(ints);
    const exact = others ? calculate('add', others, sum) : sum;
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

  /** @param known tells what is in the list, which is taken once then; null takes everything */
  constructor(private readonly known: Set<string> | null) {}

  add(value: Value): number {
    if (value === undefined) return 0;
    const identity = this.known ? identityOf(value) : '';
    if (this.known?.has(identity)) return 0;
    this.known?.add(identity);
    this.values.push(value);
    return 8 + sizeOf(value) + 2 * identity.length;
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

  /** @param values what the levels from the root to here tell apart */
  constructor(readonly values: readonly Value[] = []) {}

  child(value: Operand): GroupNode {
    const key = mapKey(value);
    this.children ??= new Map();
    let child = this.children.get(key);
    if (!child) this.children.set(key, (child = new GroupNode([...this.values, asValue(value)])));
    return child;
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
  const parts: Evaluate[] = [];
  const idOf = compileId(id, parts);
  const fields = [...spec].filter(([name]) => name !== '_id').map(parseGroupField);
  return function* (documents) {
    const groups: GroupNode[] = [];
    const root = new GroupNode();
    yield* takeAll(documents, (document) => {
      const scope = scopeOf(document);
      let group = root;
      let bytes = 0;
      for (const part of parts) group = group.child(part(scope));
      if (!group.accumulators) {
        group.accumulators = fields.map(({ create }) => create());
        groups.push(group);
        bytes = GROUP_BYTES + ACCUMULATOR_BYTES * fields.length;
        for (const value of group.values) bytes += sizeOf(value);
      }
      for (let i = 0; i < fields.length; i++) {
        bytes += group.accumulators[i]!.add(fields[i]!.valueOf(scope));
      }
      if (bytes !== 0) limits.takeMemory(bytes);
    });
    for (const { values, accumulators } of groups) {
      const document: BsonDocument = new Map([['_id', idOf(values)!]]);
      for (const [i, { name }] of fields.entries()) document.set(name, accumulators![i]!.result());
      yield document;
      if (limits.pauses()) yield null;
    }
  };
}

/** Adds what tells groups apart to the parts, and makes what puts an `_id` together from their values. */
function compileId(id: BsonValue, parts: Evaluate[], isWhole = true): (values: readonly Value[]) => Value {
  if (!isDocument(id) || id.size === 0 || operatorOf(id) !== null) {
    const valueOf = compileOperand(id);
    // A missing field is left out of a document; as a whole `_id` it is null.
    const at = parts.push(isWhole ? (scope) => valueOf(scope) ?? null : valueOf) - 1;
    return (values) => values[at];
  }
  const fields = Array.from(id, ([name, inner]) => [name, compileId(inner, parts, false)] as const);
  return (values) => documentFrom(fields.map(([name, valueOf]) => [name, valueOf(values)]));
}

/** A field that `$group` computes. */
function parseGroupField([name, spec]: [string, BsonValue]) {
  const [[operator, operand] = ['', null]] = isDocument(spec) ? spec : [];
  const isRight = isDocument(spec) && spec.size === 1 && !/^\$|\./.test(name) && !Array.isArray(operand);
  const needed = `The field '${name}' must be an accumulator of one operand, without dots in its name`;
  check(isRight, 40234, needed);
  check(Object.hasOwn(ACCUMULATORS, operator), 15952, `unknown group operator '${operator}'`);
  return { name, create: ACCUMULATORS[operator]!, valueOf: compileExpression(operand) };
}
