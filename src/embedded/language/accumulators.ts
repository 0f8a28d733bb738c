import { Decimal128, Double, Int32, Long } from 'bson';
import { BsonNumber, BsonValue, isNumber, Value } from './bson-value';
import { compareValues } from './compare';
import { check } from './errors';
import { encodeKeyComponent } from './key-component';
import { calculate, doubleBelow, toDouble } from './numbers';

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
  $min: () => new Extreme(-1),
  $max: () => new Extreme(1),
  $first: () => new First(),
  $last: () => new Last(),
  $push: () => new Push(),
  $addToSet: () => new AddToSet(),
};

const ZERO = new Int32(0);

class Sum implements Accumulator {
  /** Ints, nearly always, are summed up apart: no number is made for each. */
  private ints = 0;
  private others: BsonNumber = ZERO;

  add(value: Value): number {
    if (value instanceof Int32 && Number.isSafeInteger(2 * this.ints)) this.ints += value.value;
    else if (isNumber(value)) this.others = plus(this.others, value);
    return 0;
  }

  result(): BsonNumber {
    const { ints } = this;
    return plus(this.others, ints === (ints | 0) ? new Int32(ints) : Long.fromNumber(ints));
  }
}

/** Beyond a long, sums go on as doubles. */
function plus(a: BsonNumber, b: BsonNumber): BsonNumber {
  return calculate('add', a, b) ?? new Double(toDouble(a) + toDouble(b));
}

class Average implements Accumulator {
  private readonly sum = new Sum();
  private count = 0;

  add(value: Value): number {
    if (isNumber(value)) this.count += 1;
    return this.sum.add(value);
  }

  result(): BsonValue {
    if (this.count === 0) return null;
    const sum = this.sum.result();
    check(!(sum instanceof Decimal128), 238, '$avg is not supported on decimals');
    return new Double(toDouble(sum) / this.count);
  }
}

class Extreme implements Accumulator {
  private found: BsonValue = null;

  constructor(private readonly wanted: 1 | -1) {}

  add(value: Value): number {
    if (value == null) return 0;
    if (this.found !== null && Math.sign(compareValues(value, this.found)) !== this.wanted) return 0;
    const before = this.found;
    this.found = value;
    return sizeOf(value) - sizeOf(before);
  }

  result(): BsonValue {
    return this.found;
  }
}

class First implements Accumulator {
  private found: Value;

  add(value: Value): number {
    if (this.found !== undefined) return 0;
    this.found = value ?? null;
    return sizeOf(value);
  }

  result(): BsonValue {
    return this.found ?? null;
  }
}

class Last implements Accumulator {
  private found: Value;

  add(value: Value): number {
    const before = this.found;
    this.found = value;
    return sizeOf(value) - sizeOf(before);
  }

  result(): BsonValue {
    return this.found ?? null;
  }
}

class Push implements Accumulator {
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

class AddToSet implements Accumulator {
  private readonly values = new Map<string, BsonValue>();

  add(value: Value): number {
    if (value === undefined) return 0;
    const key = groupKey(value);
    if (this.values.has(key)) return 0;
    this.values.set(key, value);
    return sizeOf(value) + 2 * key.length;
  }

  result(): BsonValue {
    return [...this.values.values()];
  }
}

/** The same text for values that MongoDB groups together: equal numbers of different types, for one. */
export function groupKey(value: Value): string {
  if (typeof value === 'string') return `s${value.length} ${value}`;
  if (value == null) return 'null';
  if (value instanceof Map) {
    let text = 'd{';
    for (const [name, inner] of value) text += `${name.length} ${name}${groupKey(inner)}`;
    return `${text}}`;
  }
  if (value instanceof Date) return `t${value.getTime()} `;
  if (value instanceof Int32 || value instanceof Double) return `n${value.value} `;
  if (isNumber(value)) {
    const { double, exact } = doubleBelow(value);
    if (exact) return `n${double} `;
  }
  const component = Buffer.from(encodeKeyComponent(value, 1)).toString('latin1');
  return `k${component.length} ${component}`;
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
