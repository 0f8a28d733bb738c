import { Double, Int32 } from 'bson';
import { calculate, divide } from './arithmetic';
import { BsonDocument, BsonNumber, BsonValue, isDocument, isNumber, typeName } from './bson-value';
import { compareValues } from './compare';
import { MongoError } from './errors';
import { encodeKeyComponent } from './key-component';
import { toDouble } from './numbers';

/** Takes values one by one and gives one value for all of them. A value that is not there is `undefined`. */
export interface Accumulator {
  add(value: BsonValue | undefined): void;
  result(): BsonValue;
}

/** The accumulators of `$group`, by name. */
export const ACCUMULATORS: Readonly<Record<string, () => Accumulator>> = {
  $sum: sum,
  $avg: average,
  $min: () => extreme(-1),
  $max: () => extreme(1),
  $first: first,
  $last: last,
  $push: push,
  $addToSet: addToSet,
  $mergeObjects: mergeObjects,
};

function sum(): Accumulator {
  let total: BsonNumber = new Int32(0);
  return {
    add: (value) => {
      if (isNumber(value)) total = plus(total, value);
    },
    result: () => total,
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
      total.add(value);
    },
    result: () => (count === 0 ? null : divide(total.result() as BsonNumber, new Int32(count))),
  };
}

function extreme(wanted: 1 | -1): Accumulator {
  let found: BsonValue = null;
  return {
    add: (value) => {
      if (value === undefined || value === null) return;
      if (found === null || Math.sign(compareValues(value, found)) === wanted) found = value;
    },
    result: () => found,
  };
}

function first(): Accumulator {
  let found: BsonValue | undefined;
  let isFirst = true;
  return {
    add: (value) => {
      if (isFirst) found = value;
      isFirst = false;
    },
    result: () => found ?? null,
  };
}

function last(): Accumulator {
  let found: BsonValue | undefined;
  return { add: (value) => void (found = value), result: () => found ?? null };
}

function push(): Accumulator {
  const values: BsonValue[] = [];
  return {
    add: (value) => {
      if (value !== undefined) values.push(value);
    },
    result: () => values,
  };
}

function addToSet(): Accumulator {
  const values = new Map<string, BsonValue>();
  return {
    add: (value) => {
      if (value === undefined) return;
      const key = groupKey(value);
      if (!values.has(key)) values.set(key, value);
    },
    result: () => [...values.values()],
  };
}

/** The same text for values that MongoDB groups together: equal numbers of different types, for one. */
export function groupKey(value: BsonValue | undefined): string {
  return Buffer.from(encodeKeyComponent(value, 1)).toString('latin1');
}

function mergeObjects(): Accumulator {
  const merged: BsonDocument = new Map();
  return {
    add: (value) => {
      if (value === undefined || value === null) return;
      if (!isDocument(value)) {
        throw new MongoError(
          40400,
          `$mergeObjects requires object inputs, but input ${typeName(value)} is not an object`,
        );
      }
      for (const [name, inner] of value) merged.set(name, inner);
    },
    result: () => merged,
  };
}
