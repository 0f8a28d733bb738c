import { Decimal128, Double, Int32, Long } from 'bson';
import { BsonNumber } from '../../../src/embedded/language/bson-value';
import { calculate, Operation } from '../../../src/embedded/language/numbers';
import { errorOf } from './documents';

const decimal = (text: string) => Decimal128.fromString(text);

it.each<[Operation, BsonNumber, BsonNumber, BsonNumber | null]>([
  ['add', new Int32(1), new Int32(2), new Int32(3)],
  ['add', new Int32(2147483647), new Int32(1), Long.fromNumber(2147483648)],
  ['subtract', new Int32(-2147483648), new Int32(1), Long.fromNumber(-2147483649)],
  ['multiply', new Int32(2147483647), new Int32(2147483647), Long.fromString('4611686014132420609')],
  ['multiply', new Int32(1), Long.fromNumber(2), Long.fromNumber(2)],
  ['add', Long.MAX_VALUE, new Int32(-1), Long.fromString('9223372036854775806')],
  ['add', Long.MAX_VALUE, new Int32(1), null],
  ['multiply', Long.MIN_VALUE, new Int32(-1), null],
  ['add', new Int32(1), new Double(0.5), new Double(1.5)],
  ['add', decimal('0.1'), decimal('0.20'), decimal('0.30')],
  ['add', decimal('0.1'), new Double(0.2), decimal('0.3')],
  ['multiply', decimal('1.10'), new Int32(2), decimal('2.20')],
])('%s: %s and %s', (operation, a, b, result) => {
  expect(calculate(operation, a, b)).toEqual(result);
});

it.each([
  [decimal('1E6000'), decimal('1')],
  [decimal('Infinity'), decimal('1')],
])('refuses %s and %s, whose sum it could not give exactly', (a, b) => {
  expect(errorOf(() => calculate('add', a, b)).code).toBe(238);
});
