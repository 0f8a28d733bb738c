import { Binary, Decimal128, Double, ObjectId, Timestamp } from 'bson';
import { BsonValue, isNumber } from '../language/bson-value';
import { Interval, intervalOf, point } from './interval';

// BSON's first and last milliseconds, which a JavaScript Date cannot say, are the open ends of the types around dates.
const beforeAllDates = true;
const afterAllDates = new Timestamp({ t: 0, i: 0 });

type Comparison = 'gt' | 'gte' | 'lt' | 'lte';

/**
 * What `{ $gt: value }` and its siblings let through: only values of the same type compare. Null when
 * no interval says it (arrays compare whole, MinKey and MaxKey with every type).
 */
export function comparisonInterval(comparison: Comparison, value: BsonValue): Interval[] | null {
  const orEqual = comparison === 'gte' || comparison === 'lte';
  if (value === null || isNaN(value)) return orEqual ? [point(value)] : [];
  const bracket = typeBracket(value);
  if (!bracket) return null;
  const upward = comparison === 'gt' || comparison === 'gte';
  return intervalOf(
    upward
      ? { low: value, lowOpen: !orEqual, high: bracket.high, highOpen: bracket.highOpen }
      : { low: bracket.low, lowOpen: bracket.lowOpen, high: value, highOpen: !orEqual },
  );
}

function isNaN(value: BsonValue): boolean {
  if (value instanceof Double) return Number.isNaN(value.value);
  return value instanceof Decimal128 && value.toString() === 'NaN';
}

function typeBracket(value: BsonValue): Interval | null {
  if (isNumber(value)) return closed(new Double(-Infinity), new Double(Infinity));
  if (typeof value === 'string') return { ...closed('', new Map()), highOpen: true };
  if (typeof value === 'boolean') return closed(false, true);
  if (value instanceof Date)
    return { low: beforeAllDates, lowOpen: true, high: afterAllDates, highOpen: true };
  if (value instanceof ObjectId) return closed(new ObjectId('0'.repeat(24)), new ObjectId('f'.repeat(24)));
  if (value instanceof Timestamp)
    return closed(afterAllDates, new Timestamp({ t: 0xffffffff, i: 0xffffffff }));
  if (value instanceof Map) return { ...closed(new Map(), []), highOpen: true };
  if (value instanceof Binary) {
    return { ...closed(new Binary(new Uint8Array()), new ObjectId('0'.repeat(24))), highOpen: true };
  }
  return null;
}

function closed(low: BsonValue, high: BsonValue): Interval {
  return { low, lowOpen: false, high, highOpen: false };
}
