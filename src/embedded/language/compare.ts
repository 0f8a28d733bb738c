import { Binary, BSONRegExp, BSONSymbol, Code, Int32, Long, ObjectId } from 'bson';
import { BsonDocument, BsonNumber, BsonValue, typeName, CANONICAL_TYPES } from './bson-value';
import { compareNumbers } from './numbers';

/** The place of a value's type in BSON order. A missing field stands where null stands. */
export function canonicalType(value: BsonValue | undefined): number {
  return value === undefined ? CANONICAL_TYPES.null : CANONICAL_TYPES[typeName(value)];
}

/** BSON order over all types, numbers by exact value, a missing field as null. */
export function compareValues(a: BsonValue | undefined, b: BsonValue | undefined): number {
  if (a === b) return 0;
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (a instanceof Int32 && b instanceof Int32) return a.value - b.value;
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  const type = canonicalType(a);
  return type - canonicalType(b) || compareOfType(type, a, b);
}

function compareOfType(type: number, a: unknown, b: unknown): number {
  switch (type) {
    case CANONICAL_TYPES.int:
      return compareNumbers(a as BsonNumber, b as BsonNumber);
    case CANONICAL_TYPES.string:
      return compareStrings(textOf(a as string | BSONSymbol), textOf(b as string | BSONSymbol));
    case CANONICAL_TYPES.object:
      return compareDocuments(a as BsonDocument, b as BsonDocument);
    case CANONICAL_TYPES.array:
      return compareArrays(a as BsonValue[], b as BsonValue[]);
    case CANONICAL_TYPES.binData:
      return compareBinaries(a as Binary, b as Binary);
    case CANONICAL_TYPES.objectId:
      return Buffer.compare((a as ObjectId).id, (b as ObjectId).id);
    case CANONICAL_TYPES.bool:
    case CANONICAL_TYPES.date:
      return Math.sign(Number(a) - Number(b));
    case CANONICAL_TYPES.timestamp:
      return (a as Long).compare(b as Long);
    case CANONICAL_TYPES.regex:
      return compareRegExps(a as BSONRegExp, b as BSONRegExp);
    case CANONICAL_TYPES.javascript:
    case CANONICAL_TYPES.javascriptWithScope:
      return compareCodes(a as Code, b as Code);
    default:
      return 0;
  }
}

export function textOf(value: string | BSONSymbol): string {
  return typeof value === 'string' ? value : value.value;
}

/** By UTF-8 bytes. JavaScript compares by UTF-16 units, which puts surrogates before U+E000 to U+FFFF. */
export function compareStrings(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointOrder(x) - codePointOrder(y);
  }
  return a.length - b.length;
}

function codePointOrder(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Field by field: type, then name, then value. */
function compareDocuments(a: BsonDocument, b: BsonDocument): number {
  const others = b.entries();
  for (const [name, value] of a) {
    const { value: other, done } = others.next();
    if (done) return 1;
    const order =
      canonicalType(value) - canonicalType(other[1]) ||
      compareStrings(name, other[0]) ||
      compareValues(value, other[1]);
    if (order !== 0) return order;
  }
  return a.size - b.size;
}

function compareArrays(a: BsonValue[], b: BsonValue[]): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareBinaries(a: Binary, b: Binary): number {
  return a.length() - b.length() || a.sub_type - b.sub_type || Buffer.compare(a.value(), b.value());
}

function compareRegExps(a: BSONRegExp, b: BSONRegExp): number {
  return compareStrings(a.pattern, b.pattern) || compareStrings(a.options, b.options);
}

function compareCodes(a: Code, b: Code): number {
  const scopes = [a.scope, b.scope] as (BsonDocument | null)[];
  return compareStrings(a.code, b.code) || compareValues(scopes[0], scopes[1]);
}
