import { Decimal128, Double, Int32, Long } from 'bson';
import { calculate, divide, Operation, remainder } from '../../../src/embedded/language/arithmetic';
import { BsonNumber } from '../../../src/embedded/language/bson-value';

const decimal = (text: string) => Decimal128.fromString(text);
const largest = decimal('9.999999999999999999999999999999999E6144');

describe('arithmetic', () => {
  it.each<[Operation, BsonNumber, BsonNumber, BsonNumber | null]>([
    ['add', new Int32(1), new Int32(2), new Int32(3)],
    ['add', new Int32(2147483647), new Int32(1), Long.fromNumber(2147483648)],
    ['subtract', new Int32(-2147483648), new Int32(1), Long.fromNumber(-2147483649)],
    ['multiply', new Int32(1), Long.fromNumber(2), Long.fromNumber(2)],
    ['add', Long.MAX_VALUE, new Int32(1), null],
    ['multiply', Long.MIN_VALUE, new Int32(-1), null],
    ['add', new Int32(1), new Double(0.5), new Double(1.5)],
    ['add', decimal('0.1'), decimal('0.20'), decimal('0.30')],
    ['add', decimal('0.1'), new Double(0.2), decimal('0.3')],
    ['multiply', decimal('1.10'), new Int32(2), decimal('2.20')],
    ['add', decimal('1E6000'), decimal('1E-6000'), decimal('1.000000000000000000000000000000000E6000')],
    ['add', largest, largest, decimal('Infinity')],
    ['multiply', largest, new Int32(-10), decimal('-Infinity')],
    ['multiply', decimal('1E-6176'), decimal('0.01'), decimal('0E-6176')],
    ['subtract', decimal('Infinity'), decimal('Infinity'), decimal('NaN')],
    [
      'multiply',
      decimal('3333333333333333333333333333333333'),
      decimal('5'),
      decimal('1.666666666666666666666666666666666E34'),
    ],
  ])('%s: %s and %s', (operation, a, b, result) => {
    expect(calculate(operation, a, b)).toEqual(result);
  });

  it.each<[BsonNumber, BsonNumber, BsonNumber]>([
    [new Int32(6), new Int32(3), new Double(2)],
    [decimal('6'), new Int32(2), decimal('3')],
    [decimal('1'), decimal('3'), decimal('0.3333333333333333333333333333333333')],
    [decimal('1'), decimal('0'), decimal('Infinity')],
    [largest, decimal('1E-6176'), decimal('Infinity')],
  ])('%s divided by %s', (a, b, result) => {
    expect(divide(a, b)).toEqual(result);
  });

  it.each<[BsonNumber, BsonNumber, BsonNumber]>([
    [new Int32(-7), new Int32(4), new Int32(-3)],
    [Long.fromNumber(7), new Int32(4), Long.fromNumber(3)],
    [new Double(7.5), new Int32(4), new Double(3.5)],
  ])('what is left of %s by %s', (a, b, result) => {
    expect(remainder(a, b)).toEqual(result);
  });
});
