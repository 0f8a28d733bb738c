import { Document } from 'bson';
import {
  indexKeysOf,
  keyFieldsOf,
  parseSort,
  sortByKey,
  sortKeyOf,
} from '../../../src/embedded/language/index-key';
import { encodeKeyComponent } from '../../../src/embedded/language/key-component';
import { documentFrom, errorOf, valueFrom } from './documents';

function keys(document: Document, pattern: Document): string[] {
  const found = indexKeysOf(documentFrom(document), keyFieldsOf(documentFrom(pattern)));
  return found.map((key) => Buffer.concat(key).toString('hex'));
}

function keyOf(...values: unknown[]): string {
  return Buffer.concat(values.map((value) => encodeKeyComponent(valueFrom(value), 1))).toString('hex');
}

/** What an empty array is to an index: MongoDB's `undefined`, before null. */
const [nothing] = keys({ a: [] }, { a: 1 });

describe('the keys of a document in an index', () => {
  it.each<[Document, Document, string[]]>([
    [{ a: { b: 1 } }, { 'a.b': 1 }, [keyOf(1)]],
    [{ a: 5 }, { 'a.b': 1 }, [keyOf(null)]],
    [{ a: [1, [2, 3]] }, { a: 1 }, [keyOf(1), keyOf([2, 3])]],
    [{ a: [1, 2], b: 'x' }, { b: 1, a: 1 }, [keyOf('x', 1), keyOf('x', 2)]],
    [{ a: [{ b: 1 }, { b: 2 }, {}, 7] }, { 'a.b': 1 }, [keyOf(1), keyOf(2), keyOf(null)]],
    [{ a: [{ b: [1, 2] }, { b: 3 }] }, { 'a.b': 1 }, [keyOf(1), keyOf(2), keyOf(3)]],
    [{ a: [{ b: 1, c: 2 }, { b: 3 }] }, { 'a.b': 1, 'a.c': 1 }, [keyOf(1, 2), keyOf(3, null)]],
    [{ a: [] }, { 'a.b': 1 }, [keyOf(null)]],
    [{ a: [[{ b: 1 }]] }, { 'a.b': 1 }, [keyOf(null)]],
    [{ a: [7, 8] }, { 'a.0': 1 }, [keyOf(7)]],
    [{ a: [] }, { a: 1 }, [nothing!]],
  ])('%j in %j', (document, pattern, expected) => {
    expect(keys(document, pattern)).toEqual(expected);
  });
});

describe('a sort order', () => {
  function sorted(spec: Document, documents: Document[]): unknown[] {
    const keyOf = sortKeyOf(documentFrom(spec));
    const sorting = sortByKey(
      documents.map((document) => ({ document, key: keyOf(documentFrom(document)) })),
      () => true,
    );
    for (;;) {
      const { done, value } = sorting.next();
      if (done) return value.map(({ document }) => document);
    }
  }

  it('puts an array where its least element belongs, or its greatest when descending', () => {
    const documents = [{ a: 4 }, { a: [3, 9] }, { a: [5] }, { a: [] }, {}];
    expect(sorted({ a: 1 }, documents)).toEqual([{ a: [] }, {}, { a: [3, 9] }, { a: 4 }, { a: [5] }]);
    expect(sorted({ a: -1 }, documents)).toEqual([{ a: [3, 9] }, { a: [5] }, { a: 4 }, {}, { a: [] }]);
  });

  it('goes by its keys in turn, sorts many in runs, and keeps the order of equals', () => {
    const documents = Array.from({ length: 9000 }, (_, n) => ({ a: (n * 7919) % 97, b: n % 5, n }));
    const expected = documents.toSorted((x, y) => x.a - y.a || y.b - x.b);
    expect(sorted({ a: 1, b: -1 }, documents)).toEqual(expected);
  });

  it.each<[Document, number]>([
    [{ a: 2 }, 15975],
    [{ a: 'x' }, 15975],
    [{ a: { $meta: 'textScore' } }, 15975],
    [{ '': 1 }, 15998],
  ])('%j is refused with %i', (spec, code) => {
    expect(errorOf(() => parseSort(documentFrom(spec))).code).toBe(code);
  });

  it('refuses to sort by arrays under two of its keys', () => {
    const keyOf = sortKeyOf(documentFrom({ a: 1, b: 1 }));
    expect(errorOf(() => keyOf(documentFrom({ a: [1], b: [2] }))).code).toBe(2);
  });
});
