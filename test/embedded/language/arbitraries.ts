import {
  Binary,
  BSONRegExp,
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
import fc from 'fast-check';
import { BsonDocument, BsonNumber, BsonValue } from '../../../src/embedded/language/bson-value';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\u0001', '\u0002', '\uffff', '\ud83d\ude00', 'é') }),
);
const nullFreeText = text.map((value) => value.replaceAll('\0', ''));
const names = ',__proto__,constructor,0,10,9,$ref,$id,$db,a.b,a,b,toBSON'.split(',');
const name = fc.oneof(nullFreeText, fc.constantFrom(...names));

/** Numbers close to each other and to the limits of their types, where a comparison by rounding would go wrong. */
const integers = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
  fc.bigInt({ min: -(2n ** 53n) - 3n, max: -(2n ** 53n) + 3n }),
  fc.bigInt({ min: 2n ** 63n - 3n, max: 2n ** 63n - 1n }),
);
const scaled = (digits: fc.Arbitrary<bigint>, min: number, max: number) =>
  fc.tuple(digits, fc.integer({ min, max })).map(([number, exponent]) => `${number}E${exponent}`);
const decimal = fc.oneof(
  integers.map(String),
  scaled(fc.bigInt({ min: -(10n ** 34n) + 1n, max: 10n ** 34n - 1n }), -6176, 6111),
  scaled(integers, -5, 5),
  fc.constantFrom(...'NaN Infinity -Infinity 0 -0 1.10 1.1 0.1 1E400 -1E400 1E-400'.split(' ')),
);

export const anyNumber: fc.Arbitrary<BsonNumber> = fc.oneof(
  fc.integer().map((value) => new Int32(value)),
  fc.double().map((value) => new Double(value)),
  fc
    .constantFrom(0, -0, 0.1, 1, 2 ** 53, 2 ** 63, NaN, Infinity, -Infinity, 5e-324)
    .map((value) => new Double(value)),
  integers.map((value) => Long.fromBigInt(value)),
  decimal.map((value) => Decimal128.fromString(value)),
);

const regExpOptions = fc.subarray(['i', 'm', 's', 'x']).map((options) => options.join(''));

const scalar: fc.Arbitrary<BsonValue> = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 3, arbitrary: anyNumber },
  fc.constantFrom(true, false, null, new MinKey(), new MaxKey()),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  fc
    .tuple(fc.uint8Array({ maxLength: 8 }), fc.constantFrom(0, 2, 5, 128))
    .map(([bytes, type]) => new Binary(bytes, type)),
  fc.tuple(nullFreeText, regExpOptions).map(([pattern, options]) => new BSONRegExp(pattern, options)),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => new Timestamp(value)),
  text.map((value) => new Code(value)),
);

const { value, document } = fc.letrec<{ value: BsonValue; document: BsonDocument }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 6, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
    { weight: 1, arbitrary: tie('document') },
  ),
  document: fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((fields) => new Map(fields)),
}));

/** Any value of any type, nested a few levels. */
export const anyValue = value;

/** Any document, with the names that trip JavaScript up. */
export const anyDocument = document;
