import { Double, Int32, Long } from 'bson';
import { BsonNumber, BsonValue, isNumber, Value } from './bson-value';
import { compareValues } from './compare';
import { encodeKeyComponent } from './key-component';
import { calculate, toDouble } from './numbers';

/** Takes values one by one and gives one value for all of them. */
export interface Accumulator {
  /** Returns about how many bytes more it holds. */
  add(value: Value): number;
  result(): BsonValue;
}

/** The accumulators of `$group`, by name. */
export const ACCUMULATORS: Readonly<Record<string, () => Accumulator>> = {
  $sum: () => new Sum(),
  $avg: () => new Average(),
  $min: () =>
    new Chosen((value, best) => value != null && (best === undefined || compareValues(value, best) < 0)),
  $max: () =>
    new Chosen((value, best) => value != null && (best === undefined || compareValues(value, best) > 0)),
  $first: () => new Chosen((_value, first) => first === undefined),
  $last: () => new Chosen(() => true),
  $push: () => new List(null),
  $addToSet: () => new List(new Set()),
};

class Sum implements Accumulator {
  /** Ints, nearly always, are summed up apart: no number is made for each. */
  private ints = 0;
  private others: BsonNumber | null = null;

  add(value: Value): number {
    if (value instanceof Int32 && Number.isSafeInteger(2 * this.ints)) this.ints += value.value;
    else if (isNumber(value)) this.others = this.others ? plus(this.others, value) : value;
    return 0;
  }

  result(): BsonValue {
    const { ints, others } = this;
    const sum = ints === (ints | 0) ? new Int32(ints) : Long.fromNumber(ints);
    return others ? plus(others, sum) : sum;
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

  /** @param seen the identities of the values, where each is taken once */
  constructor(private readonly seen: Set<string> | null) {}

  add(value: Value): number {
    if (value === undefined) return 0;
    const identity = this.seen ? identityOf(value) : '';
    if (this.seen?.has(identity)) return 0;
    this.seen?.add(identity);
    this.values.push(value);
    return 8 + sizeOf(value) + 2 * identity.length;
  }

  result(): BsonValue {
    return this.values;
  }
}

/** The same text for values that MongoDB groups together: equal numbers of different types, for one. */
export function identityOf(value: Value): string {
  return Buffer.from(encodeKeyComponent(value, 1)).toString('latin1');
}

/** About how much memory a value takes. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return 24 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 0;
  if (isNumber(value)) return 32;
  if (value instanceof Map) {
    let bytes = 100;
    for (const [, inner] of value) bytes += 30 + sizeOf(inner);
    return bytes;
  }
  if (Array.isArray(value)) return value.reduce<number>((bytes, element) => bytes + 8 + sizeOf(element), 32);
  return 'buffer' in value ? 100 + value.buffer.length : 32;
}
