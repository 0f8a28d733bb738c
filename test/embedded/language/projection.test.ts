import { Document } from 'bson';
import { decodeDocument, encodeDocument } from '../../../src/embedded/language/codec';
import { parseFilter } from '../../../src/embedded/language/filter';
import { compileProjection, ProjectionOptions } from '../../../src/embedded/language/projection';
import { documentFrom, errorOf, expectDocument } from './documents';

const stored = {
  _id: 1,
  a: 1,
  b: { c: 2, d: 3 },
  e: [1, 2, 3, 4],
  f: [{ g: 1, h: 2 }, { g: 3 }, 5, [{ g: 6, h: 7 }]],
};

function project(spec: Document, document: Document, options?: ProjectionOptions) {
  const { apply, applyToBytes, fields } = compileProjection(documentFrom(spec), options);
  const whole = documentFrom(document);
  const read = fields ? new Map([...whole].filter(([name]) => fields.has(name))) : whole;
  return { fromDocument: apply(read), fromBytes: decodeDocument(applyToBytes(encodeDocument(whole))) };
}

/** A projection, and what it makes of `stored`. */
const table: [spec: Document, projected: Document][] = [
  [{}, stored],
  [{ a: 1 }, { _id: 1, a: 1 }],
  [{ a: true, _id: 0 }, { a: 1 }],
  [{ _id: 1 }, { _id: 1 }],
  [{ _id: 0 }, { a: stored.a, b: stored.b, e: stored.e, f: stored.f }],
  [
    { _id: 0, a: 0 },
    { b: stored.b, e: stored.e, f: stored.f },
  ],
  [
    { _id: 1, a: 0 },
    { _id: 1, b: stored.b, e: stored.e, f: stored.f },
  ],
  [
    { e: 1, a: 1, x: 1 },
    { _id: 1, a: 1, e: stored.e },
  ],
  [{ 'b.c': 1 }, { _id: 1, b: { c: 2 } }],
  [{ b: { c: 1 } }, { _id: 1, b: { c: 2 } }],
  [
    { 'b.c': 1, 'b.d': 1 },
    { _id: 1, b: { c: 2, d: 3 } },
  ],
  [
    { 'b.c': 0, e: 0, f: 0 },
    { _id: 1, a: 1, b: { d: 3 } },
  ],
  [{ 'a.x': 1 }, { _id: 1 }],
  [{ 'f.g': 1 }, { _id: 1, f: [{ g: 1 }, { g: 3 }, [{ g: 6 }]] }],
  [
    { 'f.g': 0, e: 0 },
    { _id: 1, a: 1, b: stored.b, f: [{ h: 2 }, {}, 5, [{ h: 7 }]] },
  ],
  [
    { e: { $slice: 2 }, f: 0 },
    { _id: 1, a: 1, b: stored.b, e: [1, 2] },
  ],
  [
    { e: { $slice: -1 }, _id: 1 },
    { _id: 1, e: [4] },
  ],
  [
    { e: { $slice: [1, 2] }, a: 1 },
    { _id: 1, a: 1, e: [2, 3] },
  ],
  [
    { e: { $slice: [-2, 1] }, a: 1 },
    { _id: 1, a: 1, e: [3] },
  ],
  [
    { e: { $slice: [-9, 1] }, a: 1 },
    { _id: 1, a: 1, e: [1] },
  ],
  [
    { a: { $slice: 1 }, e: 1 },
    { _id: 1, a: 1, e: stored.e },
  ],
  [{ f: { $elemMatch: { g: { $gt: 1 } } } }, { _id: 1, f: [{ g: 3 }] }],
  [
    { f: { $elemMatch: { g: 99 } }, a: 1 },
    { _id: 1, a: 1 },
  ],
  [
    { e: { $elemMatch: { $gt: 2 } }, f: 0 },
    { _id: 1, a: 1, b: stored.b, e: [3] },
  ],
  [
    { a: 1, sum: { $add: ['$a', '$b.c'] }, text: 'x', none: '$zz' },
    { _id: 1, a: 1, sum: 3, text: 'x' },
  ],
  [{ 'n.m': '$a', _id: 0 }, { n: { m: 1 } }],
];

describe('a projection', () => {
  it.each(table)('%j', (spec, projected) => {
    const { fromDocument, fromBytes } = project(spec, stored);
    expectDocument(fromDocument, projected);
    expectDocument(fromBytes, projected);
  });

  it.each<[Document, Document, Document]>([
    [{ e: 3 }, { 'e.$': 1 }, { _id: 1, e: [3] }],
    [{ 'f.g': 3 }, { 'f.$': 1, a: 1 }, { _id: 1, a: 1, f: [{ g: 3 }] }],
    [{ f: { $elemMatch: { g: 1, h: 2 } } }, { 'f.$': 1, _id: 0 }, { f: [{ g: 1, h: 2 }] }],
  ])('for the filter %j: %j', (filter, spec, projected) => {
    const { fromDocument } = project(spec, stored, { filter: parseFilter(documentFrom(filter)) });
    expectDocument(fromDocument, projected);
  });

  it('reads no more fields than it needs', () => {
    const fieldsOf = (spec: Document) => compileProjection(documentFrom(spec)).fields;
    expect(fieldsOf({ a: 1, 'b.c': 1, x: '$y.z' })).toEqual(new Set(['_id', 'a', 'b', 'x', 'y']));
    expect(fieldsOf({ a: 0 })).toBeNull();
    expect(fieldsOf({ a: '$$ROOT' })).toBeNull();
  });

  it.each<[Document, number, string]>([
    [{ a: 1, b: 0 }, 31254, 'Cannot do exclusion on field b in inclusion projection'],
    [{ a: 0, b: 1 }, 31253, 'Cannot do inclusion on field b in exclusion projection'],
    [{ a: 0, b: 'x' }, 31310, 'Cannot use an expression b: "x" in an exclusion projection'],
    [{ a: 0, b: { $add: [1] } }, 31252, 'Cannot use expression other than $meta in exclusion projection'],
    [{ a: 1, 'a.b': 1 }, 31249, 'Path collision at a.b remaining portion b'],
    [{ 'a.b': 1, a: 1 }, 31250, 'Path collision at a'],
    [{ a: { $bogus: 1 } }, 168, 'Unknown expression $bogus'],
    [{ a: { $elemMatch: 1 } }, 31274, 'elemMatch: Invalid argument, object required, but got int'],
    [{ 'a.b': { $elemMatch: {} } }, 31275, 'Cannot use $elemMatch projection on a nested field.'],
    [{ '': 1 }, 40352, 'FieldPath cannot be constructed with empty string'],
    [{ 'a.': 1 }, 40353, "FieldPath must not end with a '.'."],
    [{ 'a..b': 1 }, 15998, 'FieldPath field names may not be empty strings.'],
    [{ $a: 1 }, 16410, "FieldPath field names may not start with '$'."],
  ])('%j is refused', (spec, code) => {
    expect(errorOf(() => compileProjection(documentFrom(spec)))).toMatchObject({ code });
  });

  it.each([[{ $slice: 'x' }], [{ $slice: [1] }], [{ $slice: [1, 0] }], [{ $slice: ['x', 1] }]])(
    '%j is refused',
    (slice) => {
      expect(errorOf(() => compileProjection(documentFrom({ a: slice }))).code).toBe(28667);
    },
  );
});
