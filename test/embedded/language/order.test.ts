import { BSON, Decimal128, Double, Int32 } from 'bson';
import fc from 'fast-check';
import { compareValues, encodeKeyComponent } from '../../../src/embedded/language/key-component';
import { endOfKeyComponent } from '../../../src/embedded/language/key-decoder';
import { anyNumber, anyValue } from './arbitraries';
import { valueFrom } from './documents';

const direction = fc.constantFrom(1 as const, -1 as const);

const ascending = String.raw`
{"$minKey":1} < null
< {"$numberDouble":"NaN"} < {"$numberDouble":"-Infinity"} < {"$numberLong":"-9223372036854775808"}
< {"$numberDouble":"-1.5"} < {"$numberDecimal":"0.1"} < {"$numberDouble":"0.1"} < {"$numberInt":"1"}
< {"$numberDouble":"9007199254740992"} < {"$numberLong":"9007199254740993"} < {"$numberLong":"9223372036854775807"}
< {"$numberDouble":"9223372036854775808"} < {"$numberDecimal":"1E400"} < {"$numberDouble":"Infinity"}
< "" < "B" < "b" < "b\u0000" < "ba" < "\uffff" < "😀"
< {} < {"x":{"$numberInt":"1"}} < {"y":{"$numberInt":"1"}} < {"x":"a"}
< [] < [{"$numberInt":"1"}] < [{"$numberInt":"1"},{"$numberInt":"2"}] < [{"$numberInt":"2"}]
< {"$binary":{"base64":"Yg==","subType":"00"}} < {"$binary":{"base64":"YWE=","subType":"00"}}
< {"$binary":{"base64":"YWE=","subType":"05"}} < {"$oid":"000000000000000000000001"} < false < true
< {"$date":{"$numberLong":"-1"}} < {"$date":{"$numberLong":"1"}} < {"$timestamp":{"t":1,"i":1}}
< {"$regularExpression":{"pattern":"a","options":"i"}} < {"$regularExpression":{"pattern":"b","options":""}}
< {"$code":"a"} < {"$maxKey":1}
`;

it('is the order of MongoDB, over the types and their values', () => {
  const values = ascending.split(/\s< /).map((text) => valueFrom(parse(text)));
  const misplaced = values.flatMap((a, i) =>
    values.map((b, j) => [a, b, Math.sign(compareValues(a, b)), Math.sign(i - j)]),
  );
  expect(misplaced.filter(([, , actual, expected]) => actual !== expected)).toEqual([]);
});

function parse(text: string): unknown {
  return BSON.EJSON.parse(`{"value":${text}}`, { relaxed: false }).value;
}

it.each([
  [new Int32(1), new Double(1)],
  [Decimal128.fromString('1.10'), Decimal128.fromString('1.1')],
  [Decimal128.fromString('0.5'), new Double(0.5)],
  [undefined, null],
])('takes %s and %s for equal', (a, b) => {
  expect(compareValues(a, b)).toBe(0);
  expect(encodeKeyComponent(a, 1)).toEqual(encodeKeyComponent(b, 1));
});

it('is a total order of numbers, which is the order of their keys in both directions', () => {
  fc.assert(
    fc.property(anyNumber, anyNumber, anyNumber, direction, (a, b, c, towards) => {
      const order = Math.sign(compareValues(a, b));
      expect(order).toBe(-Math.sign(compareValues(b, a)) + 0);
      if (order <= 0 && compareValues(b, c) <= 0) expect(compareValues(a, c)).toBeLessThanOrEqual(0);
      const byKey = Buffer.compare(encodeKeyComponent(a, towards), encodeKeyComponent(b, towards));
      expect(byKey).toBe(towards * order + 0);
    }),
    { numRuns: 500 },
  );
});

it('makes keys that come apart into the components that they were made of', () => {
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
  );
});

it('makes no component that is the beginning of another, so that a longer key cannot sort between', () => {
  fc.assert(
    fc.property(anyValue, anyValue, direction, (a, b, towards) => {
      const [x, y] = [a, b].map((value) => Buffer.from(encodeKeyComponent(value, towards)));
      if (!x!.equals(y!)) expect(y!.subarray(0, x!.length).equals(x!)).toBe(false);
    }),
  );
});
