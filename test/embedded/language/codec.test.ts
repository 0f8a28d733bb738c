import { BSON } from 'bson';
import fc from 'fast-check';
import {
  copyFields,
  decodeDocument,
  decodeFields,
  encodeDocument,
} from '../../../src/embedded/language/codec';
import { anyDocument } from './arbitraries';
import { errorOf } from './documents';

const equals = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

it('gives back the very bytes of any document', () => {
  fc.assert(
    fc.property(anyDocument, (document) => {
      const bytes = encodeDocument(document);
      return equals(encodeDocument(decodeDocument(bytes)), bytes);
    }),
  );
});

it('tells names beyond ASCII from those whose characters are their bytes', () => {
  const names = Array.from({ length: 30 * 64 }, (_, n) => {
    const bytes = Buffer.of(0xc2 + (n >> 6), 0x80 + (n & 63));
    return [bytes.toString('latin1'), bytes.toString('utf8')];
  }).flat();
  const bytes = encodeDocument(new Map(names.map((name) => [name, null])));
  expect([...decodeDocument(bytes).keys()]).toEqual(names);
});

it('decodes and copies only the fields that are asked for, as the whole has them', () => {
  fc.assert(
    fc.property(anyDocument, fc.array(fc.nat(5)), (document, picks) => {
      const names = new Set(picks.map((pick) => [...document.keys()][pick] ?? 'none'));
      const bytes = encodeDocument(document);
      const wanted = encodeDocument(new Map([...document].filter(([name]) => names.has(name))));
      const copied = copyFields(bytes, (name) => names.has(name));
      return equals(encodeDocument(decodeFields(bytes, names)), wanted) && equals(copied, wanted);
    }),
  );
});

it('refuses bytes that are cut off, and comes to an end with any damage', () => {
  const whole = BSON.serialize({ a: 'text', b: [1, 2], c: { d: 1 } });
  for (let length = 0; length < whole.length; length++) {
    expect(errorOf(() => decodeDocument(whole.subarray(0, length))).code).toBe(22);
  }
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(anyDocument, damage, (document, changes) => {
      const bytes = Uint8Array.from(encodeDocument(document));
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      // Clients cannot send such bytes: they are checked when they come in.
      expect([undefined, 22, 238]).toContain(outcome(() => decodeDocument(bytes)));
    }),
    { numRuns: 200 },
  );
});

function outcome(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

it('refuses to look into a date beyond those of JavaScript', () => {
  const bytes = Buffer.from(BSON.serialize({ at: new Date(0) }));
  bytes.writeBigInt64LE(9_000_000_000_000_000n, 8);
  expect(errorOf(() => decodeDocument(bytes)).code).toBe(238);
});
