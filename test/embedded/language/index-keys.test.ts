import { Document } from 'bson';
import { indexKeysOf, compareBySort, parseSort } from '../../../src/embedded/language/index-key';
import { encodeKeyComponent } from '../../../src/embedded/language/key-component';
import { documentFrom, errorOf, valueFrom } from './documents';

import fc from 'fast-check';

function keys(document: Document, pattern: Document): string[] {
  return indexKeysOf(documentFrom(document), documentFrom(pattern)).map((key) =>
    Buffer.concat(key).toString('hex'),
  );
}

function keyOf(...values: unknown[]): string {
  return Buffer.concat(values.map((value) => encodeKeyComponent(valueFrom(value), 1))).toString('hex');
}

/** What an empty array is to an index: MongoDB's `undefined`, before null. */
const [nothing] = keys({ a: [] }, { a: 1 });

describe('the keys of a document in an index', () => {
  it.each<[Document, Document, string[]]>([
    [{ a: 1, b: 'x' }, { a: 1, b: 1 }, [keyOf(1, 'x')]],
    [{}, { a: 1 }, [keyOf(null)]],
    [{ a: { b: 1 } }, { 'a.b': 1 }, [keyOf(1)]],
    [{ a: { b: 1 } }, { a: 1 }, [keyOf({ b: 1 })]],
    [{ a: 5 }, { 'a.b': 1 }, [keyOf(null)]],
    [{ a: [1, 2, 1] }, { a: 1 }, [keyOf(1), keyOf(2)]],
    [{ a: [1, [2, 3]] }, { a: 1 }, [keyOf(1), keyOf([2, 3])]],
    [{ a: [1, 2], b: 'x' }, { b: 1, a: 1 }, [keyOf('x', 1), keyOf('x', 2)]],
    [{ a: [{ b: 1 }, { b: 2 }, {}, 7] }, { 'a.b': 1 }, [keyOf(1), keyOf(2), keyOf(null)]],
    [{ a: [{ b: [1, 2] }, { b: 3 }] }, { 'a.b': 1 }, [keyOf(1), keyOf(2), keyOf(3)]],
    [
      {
        a: [
          { b: 1, c: 2 },
          { b: 3, c: 4 },
        ],
      },
      { 'a.b': 1, 'a.c': 1 },
      [keyOf(1, 2), keyOf(3, 4)],
    ],
    [{ a: [] }, { 'a.b': 1 }, [keyOf(null)]],
    [{ a: [[{ b: 1 }]] }, { 'a.b': 1 }, [keyOf(null)]],
    [{ a: [7, 8] }, { 'a.0': 1 }, [keyOf(7)]],
    [{ a: [] }, { a: 1 }, [nothing!]],
    [{ a: { b: 1 } }, { 'a.$**': 1 }, []],
  ])('%j in %j', (document, pattern, expected) => {
    expect(keys(document, pattern)).toEqual(expected);
  });

  it('puts an empty array before null', () => {
    expect(nothing! < keyOf(null)).toBe(true);
  });

  it('refuses arrays under two of its fields', () => {
    expect(errorOf(() => keys({ a: [1], b: [2] }, { a: 1, b: 1 })).code).toBe(171);
    expect(errorOf(() => keys({ a: { x: [1] }, b: [2] }, { 'a.x': 1, b: 1 })).message).toContain('[b] [x]');
  });
});

describe('a sort order', () => {
  function sorted(spec: Document, documents: Document[]): unknown[] {
    const compare = compareBySort(documentFrom(spec));
    return [...documents].sort((a, b) => compare(documentFrom(a), documentFrom(b)));
  }

  it('puts an array where its least element belongs, or its greatest when descending', () => {
    const documents = [{ a: 4 }, { a: [3, 9] }, { a: [5] }, { a: [] }, {}];
    expect(sorted({ a: 1 }, documents)).toEqual([{ a: [] }, {}, { a: [3, 9] }, { a: 4 }, { a: [5] }]);
    expect(sorted({ a: -1 }, documents)).toEqual([{ a: [3, 9] }, { a: [5] }, { a: 4 }, {}, { a: [] }]);
  });

  it('goes by its keys one after the other, each in its direction', () => {
    const rows = fc.array(
      fc.record({ a: fc.integer({ min: 0, max: 2 }), b: fc.integer({ min: 0, max: 2 }) }),
    );
    fc.assert(
      fc.property(rows, (documents) => {
        const expected = [...documents].sort((x, y) => x.a - y.a || y.b - x.b);
        expect(sorted({ a: 1, b: -1 }, documents)).toEqual(expected);
      }),
    );
  });

  it.each<[Document, number, string]>([
    [{ a: 2 }, 15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)'],
    [{ a: 'x' }, 15974, 'Illegal key in $sort specification: a: "x"'],
    [{ a: { $foo: 1 } }, 15974, '$meta is the only expression supported by $sort right now'],
    [{ '': 1 }, 40352, 'FieldPath cannot be constructed with empty string'],
  ])('%j is refused', (spec, code) => {
    expect(errorOf(() => parseSort(documentFrom(spec)))).toMatchObject({ code });
  });

  it('refuses to sort by arrays under two of its keys', () => {
    const compare = compareBySort(documentFrom({ a: 1, b: 1 }));
    const document = documentFrom({ a: [1], b: [2] });
    expect(errorOf(() => compare(document, document)).code).toBe(2);
  });
});
