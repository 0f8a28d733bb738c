import {
  Binary,
  BSONRegExp,
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
import { compareNumbers } from '../../../src/embedded/language/numbers';
import { compareValues } from '../../../src/embedded/language/compare';
import { encodeKeyComponent } from '../../../src/embedded/language/key-component';
import { endOfKeyComponent } from '../../../src/embedded/language/key-decoder';
import { anyNumber, anyValue } from './arbitraries';
import { valueFrom } from './documents';

const direction = fc.constantFrom(1 as const, -1 as const);

describe('BSON order', () => {
  const ascending = [
    new MinKey(),
    null,
    new Double(NaN),
    new Double(-Infinity),
    Long.MIN_VALUE,
    new Double(-1.5),
    Decimal128.fromString('0.1'),
    new Double(0.1),
    new Int32(1),
    new Double(2 ** 53),
    Long.fromBigInt(2n ** 53n + 1n),
    Long.MAX_VALUE,
    new Double(2 ** 63),
    Decimal128.fromString('1E400'),
    new Double(Infinity),
    '',
    'B',
    'b',
    'b\0',
    'ba',
    '\uffff',
    '😀',
    {},
    { x: 1 },
    { y: 1 },
    { x: 'a' },
    [],
    [1],
    [1, 2],
    [2],
    new Binary(Buffer.from('b')),
    new Binary(Buffer.from('aa')),
    new Binary(Buffer.from('aa'), 5),
    new ObjectId('000000000000000000000001'),
    false,
    true,
    new Date(-1),
    new Date(1),
    new Timestamp({ t: 1, i: 1 }),
    new BSONRegExp('a', 'i'),
    new BSONRegExp('b', ''),
    new MaxKey(),
  ].map(valueFrom);

  it('puts the types and their values in the order of MongoDB', () => {
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) {
        expect([a, b, Math.sign(compareValues(a, b))]).toEqual([a, b, Math.sign(i - j)]);
      }
    }
  });

  it.each([
    [new Int32(1), new Double(1)],
    [new Int32(1), Long.fromNumber(1)],
    [new Double(0), new Double(-0)],
    [Decimal128.fromString('1.10'), Decimal128.fromString('1.1')],
    [Decimal128.fromString('NaN'), new Double(NaN)],
    [Decimal128.fromString('Infinity'), new Double(Infinity)],
    [Decimal128.fromString('0.5'), new Double(0.5)],
  ])('takes %s and %s for equal', (a, b) => {
    expect(compareValues(a, b)).toBe(0);
    expect(encodeKeyComponent(a, 1)).toEqual(encodeKeyComponent(b, 1));
  });

  it('takes a missing field for null', () => {
    expect(compareValues(undefined, null)).toBe(0);
    expect(encodeKeyComponent(undefined, 1)).toEqual(encodeKeyComponent(null, 1));
  });

  it('is a total order of numbers', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, anyNumber, (a, b, c) => {
        expect(Math.sign(compareNumbers(a, b))).toBe(-Math.sign(compareNumbers(b, a)) + 0);
        if (compareNumbers(a, b) <= 0 && compareNumbers(b, c) <= 0) {
          expect(compareNumbers(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});

describe('index keys', () => {
  function expectSameOrder(a: Parameters<typeof compareValues>[0], b: typeof a, towards: 1 | -1): void {
    const byBytes = Buffer.compare(encodeKeyComponent(a, towards), encodeKeyComponent(b, towards));
    expect(byBytes).toBe(towards * Math.sign(compareValues(a, b)) + 0);
  }

  it('have bytes that sort as the values do, in both directions', () => {
    fc.assert(fc.property(anyValue, anyValue, direction, expectSameOrder), { numRuns: 1000 });
  });

  it('have bytes that sort as the numbers do, across their types', () => {
    fc.assert(fc.property(anyNumber, anyNumber, direction, expectSameOrder), { numRuns: 2000 });
  });

  it('come apart into the components that they were made of', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyValue, direction), { maxLength: 4 }), (parts) => {
        const components = parts.map(([value, towards]) => encodeKeyComponent(value, towards));
        const key = Buffer.concat(components);
        let at = 0;
        for (const component of components) {
          const end = endOfKeyComponent(key, at);
          expect(key.subarray(at, end)).toEqual(Buffer.from(component));
          at = end;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are never the beginning of another, so that a longer key cannot sort between', () => {
    fc.assert(
      fc.property(anyValue, anyValue, direction, (a, b, towards) => {
        const [x, y] = [a, b].map((value) => Buffer.from(encodeKeyComponent(value, towards)));
        if (!x!.equals(y!)) expect(y!.subarray(0, x!.length).equals(x!)).toBe(false);
      }),
    );
  });
});
