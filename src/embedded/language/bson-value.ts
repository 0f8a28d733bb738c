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

/** MongoDB's order of types; types that share a number compare with each other by value. */
export const CANONICAL_TYPES = {
  minKey: -1,
  undefined: 0,
  null: 5,
  int: 10,
  double: 10,
  long: 10,
  decimal: 10,
  string: 15,
  symbol: 15,
  object: 20,
  array: 25,
  binData: 30,
  objectId: 35,
  bool: 40,
  date: 45,
  timestamp: 47,
  regex: 50,
  dbPointer: 55,
  javascript: 60,
  javascriptWithScope: 65,
  maxKey: 120,
} as const;

export type BsonTypeName = keyof typeof CANONICAL_TYPES;

const NUMBERED_TYPES =
  'double string object array binData undefined objectId bool date null regex dbPointer javascript symbol ' +
  'javascriptWithScope int timestamp long decimal';

/** The types by MongoDB's own names, with their numbers, as `$type` takes both. */
export const TYPE_NUMBERS: ReadonlyMap<string, number> = new Map([
  ...NUMBERED_TYPES.split(' ').map((name, index) => [name, index + 1] as const),
  ['minKey', -1],
  ['maxKey', 127],
]);

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
