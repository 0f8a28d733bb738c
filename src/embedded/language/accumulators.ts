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
  $sum: sum,
  $avg: average,
  $min: () => extreme(-1),
  $max: () => extreme(1),
  $first: first,
  $last: () => ofLatest(null, (_, value) => value ?? null),
  $push: push,
  $addToSet: addToSet,
};

function sum(): Accumulator {
  // Ints, nearly always, are summed up apart: no number is made for each.
  let ints = 0;
  let total: BsonNumber = new Int32(0);
  return {
    add: (value) => {
      if (value instanceof Int32 && Number.isSafeInteger(2 * ints)) ints += value.value;
      else if (isNumber(value)) total = plus(total, value);
      return 0;
    },
    result: () => plus(total, ints === (ints | 0) ? new Int32(ints) : Long.fromNumber(ints)),
  };
}

/** Beyond a long, sums go on as doubles. */
function plus(a: BsonNumber, b: BsonNumber): BsonNumber {
  return calculate('add', a, b) ?? new Double(toDouble(a) + toDouble(b));
}

function average(): Accumulator {
  const total = sum();
  let count = 0;
  return {
    add: (value) => {
      if (isNumber(value)) count++;
      return total.add(value);
    },
    result: () => {
      if (count === 0) return null;
      const sum = total.result();
      check(!(sum instanceof Decimal128), 238, '$avg is not supported on decimals');
      return new Double(toDouble(sum as BsonNumber) / count);
    },
  };
}

function extreme(wanted: 1 | -1): Accumulator {
  return ofLatest(null, (found, value) => {
    if (value == null) return found;
    return found === null || Math.sign(compareValues(value, found)) === wanted ? value : found;
  });
}

function first(): Accumulator {
  let found: Value;
  return {
    add: (value) => {
      if (found === undefined) found = value ?? null;
      return 0;
    },
    result: () => found ?? null,
  };
}

/** Holds one value, made of the one before and the next one. */
function ofLatest(start: BsonValue, next: (held: BsonValue, value: Value) => BsonValue): Accumulator {
  let held = start;
  return {
    add: (value) => {
      const before = held;
      held = next(held, value);
      return held === before || typeof held !== 'object' ? 0 : sizeOf(held) - sizeOf(before);
    },
    result: () => held,
  };
}

function push(): Accumulator {
  const values: BsonValue[] = [];
  return {
    add: (value) => {
      if (value === undefined) return 0;
      values.push(value);
      return sizeOf(value);
    },
    result: () => values,
  };
}

function addToSet(): Accumulator {
  const values = new Map<string, BsonValue>();
  return {
    add: (value) => {
      if (value === undefined) return 0;
      const key = groupKey(value);
      if (values.has(key)) return 0;
      values.set(key, value);
      return sizeOf(value) + 2 * key.length;
    },
    result: () => [...values.values()],
  };
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
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 64;
  if (Array.isArray(value)) for (const element of value) bytes += 8 + sizeOf(element);
  else if (value instanceof Map) for (const [, inner] of value) bytes += 56 + sizeOf(inner);
  else if ('buffer' in value) bytes += value.buffer.length;
  return bytes;
}
