import { Decimal128, Double, Int32, Long, Timestamp } from 'bson';
import type { Binary, BSONRegExp, Code, MaxKey, MinKey, ObjectId } from 'bson';

/** A decoded document. A Map keeps the order of integer-like keys and has no trouble with `__proto__`. */
export type BsonDocument = Map<string, BsonValue>;

/** Numbers keep their BSON type: MongoDB answers an int with an int and a double with a double. */
export type BsonNumber = Int32 | Double | Long | Decimal128;

/** Code is without a scope: that, symbols and database pointers are deprecated, and refused. */
type RareValue = ObjectId | Binary | BSONRegExp | Timestamp | MinKey | MaxKey | Code;

/** A decoded value. A field that is not there is JavaScript's `undefined`, which is no BSON value. */
export type BsonValue = string | boolean | null | Date | BsonNumber | RareValue | BsonDocument | BsonValue[];

/** A value, or `undefined` for a field that is not there. */
export type Value = BsonValue | undefined;

/**
 * The order of types, by their names; types that share a number compare with each other by value. It is the first byte of
 * a component of an index key: MongoDB's own number and 2, so that none is 0 or above 127.
 */
export const CANONICAL_TYPES = {
  ...{ minKey: 1, undefined: 2, null: 7, int: 12, double: 12, long: 12, decimal: 12, string: 17, object: 22 },
  ...{ array: 27, binData: 32, objectId: 37, bool: 42, date: 47, timestamp: 49, regex: 52, javascript: 62 },
  maxKey: 122,
} as const;

export type BsonTypeName = keyof typeof CANONICAL_TYPES;

const NAMES_BY_CLASS: Record<(BsonNumber | RareValue)['_bsontype'], BsonTypeName> = {
  Int32: 'int',
  Double: 'double',
  Long: 'long',
  Decimal128: 'decimal',
  ObjectId: 'objectId',
  Binary: 'binData',
  BSONRegExp: 'regex',
  Timestamp: 'timestamp',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
  Code: 'javascript',
};

/** The type of a value by MongoDB's name for it. */
export function typeName(value: BsonValue): BsonTypeName {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (value instanceof Map) return 'object';
  if (Array.isArray(value)) return 'array';
  return value instanceof Date ? 'date' : NAMES_BY_CLASS[value._bsontype];
}

/** The place of a value's type in BSON order. A missing field stands where null stands. */
export function canonicalType(value: Value): number {
  return value === undefined ? CANONICAL_TYPES.null : CANONICAL_TYPES[typeName(value)];
}

/** What JavaScript's values say as BSON: a whole number is an int where it fits, else a long; an object is a document. */
export interface Plain {
  readonly [name: string]: PlainValue;
}
type PlainValue = number | Plain | readonly PlainValue[] | BsonValue;

/** A document of fields written out in their order. */
export function bson(fields: Plain): BsonDocument {
  const document: BsonDocument = new Map();
  for (const name of Object.keys(fields)) document.set(name, bsonValue(fields[name]!));
  return document;
}

function bsonValue(value: PlainValue): BsonValue {
  if (typeof value === 'number') {
    if ((value | 0) === value) return new Int32(value);
    return Number.isSafeInteger(value) ? Long.fromNumber(value) : new Double(value);
  }
  if (Array.isArray(value)) return value.map(bsonValue);
  return value?.constructor === Object ? bson(value as Plain) : (value as BsonValue);
}

/** A document of those of the fields that have a value. */
export function documentFrom(fields: readonly (readonly [name: string, value: Value])[]): BsonDocument {
  return new Map(fields.filter((field): field is [string, BsonValue] => field[1] !== undefined));
}

export function isDocument(value: Value): value is BsonDocument {
  return value instanceof Map;
}

export function isNumber(value: Value): value is BsonNumber {
  if (value instanceof Int32 || value instanceof Double) return true;
  // A Timestamp is a Long to `instanceof`, but not to MongoDB.
  return value instanceof Decimal128 || (value instanceof Long && !(value instanceof Timestamp));
}
