import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'bson';

/** A decoded document. A Map keeps the order of integer-like keys and has no trouble with `__proto__`. */
export type BsonDocument = Map<string, BsonValue>;

/** Numbers keep their BSON type: MongoDB answers an int with an int and a double with a double. */
export type BsonNumber = Int32 | Double | Long | Decimal128;

/** A decoded value. A field that is not there is JavaScript's `undefined`, which is no BSON value. */
export type BsonValue =
  | string
  | boolean
  | null
  | BsonNumber
  | Date
  | ObjectId
  | Binary
  | BSONRegExp
  | Timestamp
  | MinKey
  | MaxKey
  | Code
  | BSONSymbol
  | BsonDocument
  | BsonValue[];

/** A value, or `undefined` for a field that is not there. */
export type Value = BsonValue | undefined;

/** The types by MongoDB's own names, with their numbers, as `$type` takes both. */
export const TYPE_NUMBERS = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: -1,
  maxKey: 127,
} as const;

export type BsonTypeName = keyof typeof TYPE_NUMBERS;

const NAMES_BY_CLASS: Record<string, BsonTypeName> = {
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
  BSONSymbol: 'symbol',
};

/** The type of a value by MongoDB's name for it. */
export function typeName(value: BsonValue): BsonTypeName {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (value instanceof Map) return 'object';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'date';
  if (value._bsontype === 'Code') return value.scope == null ? 'javascript' : 'javascriptWithScope';
  return NAMES_BY_CLASS[value._bsontype]!;
}

/** A document of an object literal's fields, in their order. */
export function documentOf(fields: Record<string, BsonValue>): BsonDocument {
  return new Map(Object.entries(fields));
}

export function isDocument(value: BsonValue | undefined): value is BsonDocument {
  return value instanceof Map;
}

export function isNumber(value: BsonValue | undefined): value is BsonNumber {
  if (value instanceof Int32 || value instanceof Double) return true;
  // A Timestamp is a Long to `instanceof`, but not to MongoDB.
  return value instanceof Decimal128 || (value instanceof Long && !(value instanceof Timestamp));
}
