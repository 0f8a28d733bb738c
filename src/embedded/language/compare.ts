import { canonicalType, isNumber, Value } from './bson-value';
import { encodeKeyComponent } from './key-component';
import { compareNumbers } from './numbers';

/** BSON order over all types, numbers by exact value, a missing field as null: the order of index keys. */
export function compareValues(a: Value, b: Value): number {
  if (a === b) return 0;
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  const byType = canonicalType(a) - canonicalType(b);
  return byType || Buffer.compare(encodeKeyComponent(a, 1), encodeKeyComponent(b, 1));
}
