import { Decimal128, Double, Int32, Long } from 'bson';
import { BsonNumber } from '../../../src/embedded/language/bson-value';
import { calculate, Operation } from '../../../src/embedded/language/numbers';
import { errorOf } from './documents';

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
])('%s: %s and %s', (operation, a, b, result) => {
  expect(calculate(operation, a, b)).toEqual(result);
});

it('refuses decimals', () => {
  expect(errorOf(() => calculate('add', Decimal128.fromString('1'), new Int32(1))).code).toBe(238);
});
