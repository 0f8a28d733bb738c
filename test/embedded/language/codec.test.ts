import { BSON, Double, Int32, Long } from 'bson';
import fc from 'fast-check';
import { typeName } from '../../../src/embedded/language/bson-value';
import {
  copyFields,
  decodeDocument,
  decodeFields,
  encodeDocument,
} from '../../../src/embedded/language/codec';
import { MongoError } from '../../../src/embedded/language/errors';
import { isIdenticalDocument } from '../../../src/embedded/language/codec';
import { anyDocument } from './arbitraries';
import { errorOf } from './documents';

function nested(levels: number): Uint8Array {
  let bytes = BSON.serialize({});
  for (let level = 1; level < levels; level++) {
    const outer = Buffer.alloc(bytes.length + 8);
    outer.writeInt32LE(outer.length, 0);
    outer.write('\x03a\0', 4, 'latin1');
    outer.set(bytes, 7);
    bytes = outer;
  }
  return bytes;
}

describe('the codec', () => {
  it('gives back the very bytes of any document', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const bytes = encodeDocument(document);
        const again = encodeDocument(decodeDocument(bytes));
        expect(Buffer.compare(again, bytes)).toBe(0);
      }),
    );
  });

  it('keeps the order of names, also of integer-like ones, and takes no name for something special', () => {
    const names = ['b', '10', '9', '', '__proto__', 'constructor', '$ref', '$id', 'a.b'];
    const document = decodeDocument(encodeDocument(new Map(names.map((name) => [name, new Int32(1)]))));
    expect([...document.keys()]).toEqual(names);
  });

  it('tells names beyond ASCII from those whose characters are their bytes', () => {
    const names = Array.from({ length: 30 * 64 }, (_, n) => {
      const bytes = Buffer.of(0xc2 + (n >> 6), 0x80 + (n & 63));
      return [bytes.toString('latin1'), bytes.toString('utf8')];
    }).flat();
    const bytes = encodeDocument(new Map(names.map((name) => [name, null])));
    expect([...decodeDocument(bytes).keys()]).toEqual(names);
  });

  it('makes no reference of { $ref, $id }', () => {
    const document = decodeDocument(BSON.serialize({ a: { $ref: 'x', $id: 1, more: true } }));
    expect(document.get('a')).toEqual(
      new Map<string, unknown>([
        ['$ref', 'x'],
        ['$id', new Int32(1)],
        ['more', true],
      ]),
    );
  });

  it('tells the numeric types apart', () => {
    const document = decodeDocument(
      BSON.serialize({ i: new Int32(1), d: new Double(1), l: Long.fromNumber(1) }),
    );
    expect([...document.values()].map(typeName)).toEqual(['int', 'double', 'long']);
  });

  it('keeps dates beyond those of JavaScript', () => {
    const bytes = Buffer.from(BSON.serialize({ at: new Date(0) }));
    bytes.writeBigInt64LE(9_000_000_000_000_000n, 8);
    expect(Buffer.compare(encodeDocument(decodeDocument(bytes)), bytes)).toBe(0);
  });

  it('decodes only the fields that are asked for, as the whole would have them', () => {
    fc.assert(
      fc.property(anyDocument, fc.array(fc.nat(5)), (document, picks) => {
        const names = new Set(picks.map((pick) => [...document.keys()][pick] ?? 'none'));
        const wanted = new Map([...document].filter(([name]) => names.has(name)));
        const bytes = encodeDocument(document);
        expect(isIdenticalDocument(decodeFields(bytes, names), wanted)).toBe(true);
        expect(
          Buffer.compare(
            copyFields(bytes, (name) => names.has(name)),
            encodeDocument(wanted),
          ),
        ).toBe(0);
      }),
    );
  });

  it('refuses documents deeper than 200 levels', () => {
    expect(decodeDocument(nested(200)).size).toBe(1);
    expect(errorOf(() => decodeDocument(nested(201))).code).toBe(15);
  });

  it('refuses bytes that are no document with InvalidBSON', () => {
    const bytes = BSON.serialize({ a: 'text', b: [1, 2], c: { d: 1 } });
    for (let length = 0; length < bytes.length; length++) {
      expect(errorOf(() => decodeDocument(bytes.subarray(0, length))).code).toBe(22);
    }
  });

  it('reads bytes with any damage, or refuses them, and comes to an end', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyDocument, damage, (document, changes) => {
        const bytes = Uint8Array.from(encodeDocument(document));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          decodeDocument(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MongoError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([-1, -5, -12, -2147483648])('refuses a binary of the length %i', (length) => {
    const bytes = Buffer.from(BSON.serialize({ a: Buffer.alloc(8) }));
    bytes.writeInt32LE(length, 7);
    expect(errorOf(() => decodeDocument(bytes)).code).toBe(22);
  });

  it.each([
    ['undefined', 6],
    ['dbPointer', 12],
  ])('refuses the deprecated type %s', (_name, type) => {
    const value = type === 6 ? [] : [1, 0, 0, 0, 0, ...new Array<number>(12).fill(7)];
    const bytes = Uint8Array.from([8 + value.length, 0, 0, 0, type, 0x61, 0, ...value, 0]);
    expect(errorOf(() => decodeDocument(bytes)).code).toBe(22);
  });
});
