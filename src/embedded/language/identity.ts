import { Int32 } from 'bson';
import { BsonDocument, BsonValue } from './bson-value';
import { encodeDocument } from './codec';

/** Whether two values have the same bytes: the same type, the same order of fields. An update to such is none. */
export function isIdentical(a: BsonValue | undefined, b: BsonValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (a instanceof Int32 && b instanceof Int32) return a.value === b.value;
  return isIdenticalDocument(new Map([['', a]]), new Map([['', b]]));
}

/** Whether two documents have the same bytes. */
export function isIdenticalDocument(a: BsonDocument, b: BsonDocument): boolean {
  return a === b || Buffer.compare(encodeDocument(a), encodeDocument(b)) === 0;
}
