import { Decimal128, Document, Double, Int32, Long, ObjectId, Timestamp } from 'bson';
import { parseFilter } from '../../../src/embedded/language/filter';
import { filterEqualities } from '../../../src/embedded/language/filter';
import { compileUpdate, UpdateOptions } from '../../../src/embedded/language/update';
import { documentFrom, errorOf, expectDocument, valueFrom } from './documents';

function apply(update: Document, document: Document, options?: UpdateOptions) {
  return compileUpdate(documentFrom(update), options).apply(documentFrom(document));
}

function insert(filter: Document, update: Document) {
  return compileUpdate(documentFrom(update)).insert(filterEqualities(parseFilter(documentFrom(filter))));
}

const big = Long.MAX_VALUE;

/** A document, an update, and the document after it; none where nothing changes. */
const cases: Record<string, [before: Document, update: Document, after: Document | null][]> = {
  $set: [
    [{ _id: 1, a: 1 }, { $set: { a: 2, 'b.c': 'x' } }, { _id: 1, a: 2, b: { c: 'x' } }],
    [{ a: 1 }, { $set: { z: 1, b: 2, a: 3 } }, { a: 3, b: 2, z: 1 }],
    [{}, { $set: { x9: 1, x10: 1 } }, { x10: 1, x9: 1 }],
    [{ a: 1 }, { $set: { a: 1 } }, null],
    [{ a: 1 }, { $set: { a: new Double(1) } }, { a: new Double(1) }],
    [{ a: { b: 1, c: 2 } }, { $set: { a: { c: 2, b: 1 } } }, { a: { c: 2, b: 1 } }],
    [{ a: { b: [1] } }, { $set: { a: { b: [1] } } }, null],
    [{ a: new Date(5) }, { $set: { a: new Date(5) } }, null],
    [{ a: [1, 2] }, { $set: { 'a.1': 9 } }, { a: [1, 9] }],
    [{ a: [1] }, { $set: { 'a.3': 9 } }, { a: [1, null, null, 9] }],
    [{ a: [1] }, { $set: { 'a.1.b': 9 } }, { a: [1, { b: 9 }] }],
    [{ a: {} }, { $set: { 'a.0': 9 } }, { a: { 0: 9 } }],
    [{}, { $set: { 'a.0.b': 9 } }, { a: { 0: { b: 9 } } }],
    [{ _id: 1 }, { $set: { _id: 1, a: 1 } }, { _id: 1, a: 1 }],
    [{}, { $set: { 'a.b': 1, 'a.a': 2 } }, { a: { a: 2, b: 1 } }],
    [{}, { $set: { 'r.$id': 1 } }, { r: { $id: 1 } }],
    [{}, { $set: { r: { $ref: 'c', $id: 1, $db: 'd' } } }, { r: { $ref: 'c', $id: 1, $db: 'd' } }],
    [{}, { $setOnInsert: { a: 1 } }, null],
  ],
  $unset: [
    [{ a: 1, b: 2 }, { $unset: { a: '', c: '' } }, { b: 2 }],
    [{ a: { b: 1 } }, { $unset: { 'a.b': 1 } }, { a: {} }],
    [{ a: [1, 2] }, { $unset: { 'a.0': 1 } }, { a: [null, 2] }],
    [{ a: 1 }, { $unset: { 'a.b': 1, 'c.d': 1 } }, null],
  ],
  '$inc and $mul': [
    [{ a: 1 }, { $inc: { a: 2, b: 3 } }, { a: 3, b: 3 }],
    [{ a: 1 }, { $inc: { a: 0 } }, null],
    [{ a: 1 }, { $inc: { a: new Double(0) } }, { a: new Double(1) }],
    [{ a: 1 }, { $inc: { a: 0.5 } }, { a: 1.5 }],
    [{ a: 1.5 }, { $inc: { a: 1 } }, { a: 2.5 }],
    [{ a: 2147483647 }, { $inc: { a: 1 } }, { a: Long.fromNumber(2147483648) }],
    [{ a: 1 }, { $inc: { a: Long.fromNumber(1) } }, { a: Long.fromNumber(2) }],
    [{ a: 1 }, { $inc: { a: Decimal128.fromString('0.10') } }, { a: Decimal128.fromString('1.10') }],
    [{ a: 0.1 }, { $inc: { a: Decimal128.fromString('0.2') } }, { a: Decimal128.fromString('0.3') }],
    [{ a: 3 }, { $mul: { a: 2, b: 5 } }, { a: 6, b: 0 }],
    [{ a: 65536 }, { $mul: { a: 65536 } }, { a: Long.fromNumber(2 ** 32) }],
    [{}, { $mul: { a: 1.5 } }, { a: new Double(0) }],
    [{}, { $mul: { a: Long.fromNumber(2) } }, { a: Long.ZERO }],
    [{ a: Decimal128.fromString('1.10') }, { $mul: { a: 2 } }, { a: Decimal128.fromString('2.20') }],
  ],
  '$min and $max': [
    [{ a: 5, b: 5 }, { $min: { a: 3, b: 7 } }, { a: 3, b: 5 }],
    [{ a: 5, b: 5 }, { $max: { a: 3, b: 7, c: 1 } }, { a: 5, b: 7, c: 1 }],
    [{ a: 5 }, { $max: { a: 'x' } }, { a: 'x' }],
    [{ a: 5 }, { $max: { a: new Double(5) } }, null],
  ],
  $rename: [
    [{ a: 1, b: 2 }, { $rename: { a: 'c' } }, { b: 2, c: 1 }],
    [{ a: 1, b: 2 }, { $rename: { a: 'b' } }, { b: 1 }],
    [{ a: { x: 1 } }, { $rename: { 'a.x': 'b.y' } }, { a: {}, b: { y: 1 } }],
    [{ b: 2 }, { $rename: { a: 'c' } }, null],
    [{ a: 1 }, { $rename: { a: 'b' }, $set: { c: 1 } }, { b: 1, c: 1 }],
  ],
  $push: [
    [{}, { $push: { a: 1 } }, { a: [1] }],
    [{ a: [1] }, { $push: { a: [2] } }, { a: [1, [2]] }],
    [{ a: [1] }, { $push: { a: { $each: [] } } }, null],
    [{}, { $push: { a: { $each: [] } } }, { a: [] }],
    [{ a: [1, 2] }, { $push: { a: { $each: [3, 4], $slice: -3 } } }, { a: [2, 3, 4] }],
    [{ a: [1, 2] }, { $push: { a: { $each: [3], $slice: 2 } } }, { a: [1, 2] }],
    [{ a: [1] }, { $push: { a: { $each: [2], $slice: 0 } } }, { a: [] }],
    [{ a: [1, 2] }, { $push: { a: { $each: [8, 9], $position: 1 } } }, { a: [1, 8, 9, 2] }],
    [{ a: [1, 2] }, { $push: { a: { $each: [9], $position: -1 } } }, { a: [1, 9, 2] }],
    [{ a: [1, 2] }, { $push: { a: { $each: [9], $position: -7 } } }, { a: [9, 1, 2] }],
    [{ a: [1] }, { $push: { a: { $each: [9], $position: 7 } } }, { a: [1, 9] }],
    [{ a: [3, 1] }, { $push: { a: { $each: [2], $sort: -1 } } }, { a: [3, 2, 1] }],
    [
      { a: [{ k: 2, v: 1 }, 5] },
      { $push: { a: { $each: [{ k: 1 }], $sort: { k: 1, v: -1 } } } },
      { a: [5, { k: 1 }, { k: 2, v: 1 }] },
    ],
    [{ a: [1] }, { $push: { 'a.1': 2 } }, { a: [1, [2]] }],
  ],
  $addToSet: [
    [{ a: [1] }, { $addToSet: { a: 2 } }, { a: [1, 2] }],
    [{ a: [1] }, { $addToSet: { a: new Double(1) } }, null],
    [{}, { $addToSet: { a: { $each: [1, 1, 2] } } }, { a: [1, 2] }],
    [{ a: [2] }, { $addToSet: { a: { $each: [1, 2, 1] } } }, { a: [2, 1] }],
    [
      { a: [{ x: 1, y: 2 }] },
      { $addToSet: { a: { y: 2, x: 1 } } },
      {
        a: [
          { x: 1, y: 2 },
          { y: 2, x: 1 },
        ],
      },
    ],
  ],
  '$pop, $pull and $pullAll': [
    [{ a: [1, 2, 3] }, { $pop: { a: 1 } }, { a: [1, 2] }],
    [{ a: [1, 2, 3] }, { $pop: { a: -1 } }, { a: [2, 3] }],
    [{ a: [], b: {} }, { $pop: { a: 1, c: 1, 'b.c': 1 } }, null],
    [{ a: [1, 2, 1] }, { $pull: { a: 1 } }, { a: [2] }],
    [{ a: [1, 5, 9] }, { $pull: { a: { $gte: 5, $lt: 9 } } }, { a: [1, 9] }],
    [{ a: [{ k: 1, v: 1 }, { k: 2 }, 1] }, { $pull: { a: { k: 1 } } }, { a: [{ k: 2 }, 1] }],
    [{ a: [{ k: 1 }, { k: 9 }] }, { $pull: { a: { k: { $gt: 5 } } } }, { a: [{ k: 1 }] }],
    [{ a: ['x', 'y'] }, { $pull: { a: /^x/ } }, { a: ['y'] }],
    [{ a: ['x', 'y'] }, { $pull: { a: { $in: ['x'] } } }, { a: ['y'] }],
    [{ a: [[1], 1] }, { $pull: { a: [1] } }, { a: [1] }],
    [{ a: [1] }, { $pull: { a: 7, b: 1 } }, null],
    [{ a: [1, 2, 3, 1] }, { $pullAll: { a: [1, 3] } }, { a: [2] }],
  ],
  replacement: [
    [{ _id: 1, a: 1 }, { b: 2 }, { _id: 1, b: 2 }],
    [
      { _id: 1, a: 1 },
      { b: 2, _id: 1 },
      { _id: 1, b: 2 },
    ],
    [{ _id: 1, a: 1 }, {}, { _id: 1 }],
    [{ _id: 1 }, { _id: new Double(1) }, { _id: new Double(1) }],
    [{ _id: 1, a: 1 }, { a: 1 }, null],
    [
      { _id: 1, a: 1, b: 2 },
      { b: 2, a: 1 },
      { _id: 1, b: 2, a: 1 },
    ],
    [{ _id: 1 }, { 'a.b': 1 }, { _id: 1, 'a.b': 1 }],
  ],
  'several operators': [
    [
      { _id: 1, a: 1, b: { c: 1 } },
      { $set: { 'b.d': 2, e: 'x' }, $inc: { a: 2, z: 1 }, $unset: { 'b.c': '' } },
      { _id: 1, a: 3, b: { d: 2 }, e: 'x', z: 1 },
    ],
    [{ a: 1 }, { $inc: { b: 1 }, $set: { a: 1 } }, { a: 1, b: 1 }],
  ],
};

describe.each(Object.entries(cases))('an update: %s', (_topic, table) => {
  it.each(table)('%j %j', (before, update, after) => {
    const { document, modified } = apply(update, before);
    expect(modified).toBe(after !== null);
    expectDocument(document, after ?? before);
  });
});

it('leaves the document that it was given as it was', () => {
  const before = documentFrom({ a: { b: [1, { c: 2 }] } });
  compileUpdate(documentFrom({ $set: { 'a.b.1.c': 3, d: 1 }, $unset: { 'a.x': 1 } })).apply(before);
  expectDocument(before, { a: { b: [1, { c: 2 }] } });
});

describe('$currentDate', () => {
  it('sets dates and timestamps', () => {
    const { document } = apply(
      { $currentDate: { a: true, b: { $type: 'date' }, c: { $type: 'timestamp' } } },
      {},
    );
    expect(Math.abs(Date.now() - Number(document.get('a')))).toBeLessThan(5000);
    expect(document.get('b')).toBeInstanceOf(Date);
    expect(document.get('c')).toBeInstanceOf(Timestamp);
  });
});

describe('elements that the update chooses', () => {
  const filtered = (filter: Document) => ({ filter: parseFilter(documentFrom(filter)) });

  it.each<[filter: Document, before: Document, update: Document, after: Document]>([
    [{ a: 2 }, { a: [1, 2, 2] }, { $set: { 'a.$': 9 } }, { a: [1, 9, 2] }],
    [{ 'a.k': 2 }, { a: [{ k: 1 }, { k: 2 }] }, { $set: { 'a.$.v': 9 } }, { a: [{ k: 1 }, { k: 2, v: 9 }] }],
    [
      { a: { $elemMatch: { k: 2, v: { $gt: 1 } } } },
      {
        a: [
          { k: 2, v: 1 },
          { k: 2, v: 5 },
        ],
      },
      { $inc: { 'a.$.v': 1 } },
      {
        a: [
          { k: 2, v: 1 },
          { k: 2, v: 6 },
        ],
      },
    ],
    [
      { b: 1, 'a.k': { $in: [2] } },
      { b: 1, a: [{ k: 1 }, { k: 2 }] },
      { $unset: { 'a.$.k': 1 } },
      { b: 1, a: [{ k: 1 }, {}] },
    ],
  ])('%j: $', (filter, before, update, after) => {
    expectDocument(apply(update, before, filtered(filter)).document, after);
  });

  it.each<[arrayFilters: Document[], before: Document, update: Document, after: Document]>([
    [[], { a: [1, 2] }, { $inc: { 'a.$[]': 1 } }, { a: [2, 3] }],
    [[], { a: [{ b: [1] }, { b: [2] }] }, { $mul: { 'a.$[].b.$[]': 10 } }, { a: [{ b: [10] }, { b: [20] }] }],
    [[{ x: { $gte: 2 } }], { a: [1, 2, 3] }, { $set: { 'a.$[x]': 0 } }, { a: [1, 0, 0] }],
    [
      [{ 'x.k': 1 }],
      { a: [{ k: 1 }, { k: 2 }] },
      { $set: { 'a.$[x].v': 9 } },
      { a: [{ k: 1, v: 9 }, { k: 2 }] },
    ],
  ])('%j: $[]', (arrayFilters, before, update, after) => {
    const options = { arrayFilters: arrayFilters.map(documentFrom) };
    expectDocument(apply(update, before, options).document, after);
  });

  it.each<[UpdateOptions, Document, number, string]>([
    [{}, { $set: { 'a.$': 1 } }, 2, 'The positional operator did not find the match needed from the query.'],
    [
      {},
      { $set: { 'b.$[]': 1 } },
      2,
      "The path 'b' must exist in the document in order to apply array updates.",
    ],
    [{}, { $set: { 'c.$[]': 1 } }, 2, 'Cannot apply array updates to non-array element c: 5'],
    [{}, { $set: { 'a.$[x]': 1 } }, 2, "No array filter found for identifier 'x' in path 'a.$[x]'"],
    [
      {},
      { $set: { $: 1 } },
      2,
      "Cannot have positional (i.e. '$') element in the first position in path '$'",
    ],
    [{}, { $set: { 'a.$.b.$': 1 } }, 2, "Too many positional (i.e. '$') elements found in path 'a.$.b.$'"],
    [
      { arrayFilters: [valueFrom({ x: 1 })] },
      { $set: { a: 1 } },
      9,
      "The array filter for identifier 'x' was not used in the update { $set: { a: 1 } }",
    ],
    [
      { arrayFilters: [valueFrom({ x: 1 }), valueFrom({ x: 2 })] },
      { $set: { 'a.$[x]': 1 } },
      9,
      'Found multiple array filters with the same top-level field name x',
    ],
    [
      { arrayFilters: [valueFrom({})] },
      { $set: { a: 1 } },
      9,
      'Cannot use an expression without a top-level field name in arrayFilters',
    ],
  ])('%j %j is refused', (options, update, code) => {
    expect(errorOf(() => apply(update, { a: [1], c: 5 }, options))).toMatchObject({ code });
  });
});

describe('an update by a pipeline', () => {
  const before = { _id: 1, a: 1, b: { c: 2 } };
  const compiled = (pipeline: Document[]) => compileUpdate(pipeline.map(documentFrom));

  it.each<[Document[], Document]>([
    [[{ $set: { sum: { $add: ['$a', '$b.c'] } } }, { $unset: 'b' }], { _id: 1, a: 1, sum: 3 }],
    [[{ $replaceWith: { x: '$a' } }], { _id: 1, x: 1 }],
    [[{ $project: { a: 1 } }], { _id: 1, a: 1 }],
  ])('%j', (pipeline, after) => {
    const { document, modified } = compiled(pipeline).apply(documentFrom(before));
    expect(modified).toBe(true);
    expectDocument(document, after);
  });

  it('says when it changed nothing', () => {
    expect(compiled([{ $set: { a: 1 } }]).apply(documentFrom(before)).modified).toBe(false);
  });

  it.each<[Document[], number]>([
    [[{ $match: {} }], 72],
    [[{ $set: { _id: 2 } }], 66],
    [[{ $bogus: 1 }], 72],
  ])('%j is refused', (pipeline, code) => {
    expect(errorOf(() => compiled(pipeline).apply(documentFrom(before))).code).toBe(code);
  });
});

describe('an upsert', () => {
  const id = new ObjectId('000000000000000000000001');

  it.each<[filter: Document, update: Document, inserted: Document]>([
    [{ _id: 2 }, { x: 2 }, { _id: 2, x: 2 }],
    [{ _id: 2, k: 1 }, { x: 2 }, { _id: 2, x: 2 }],
    [
      { k: 'v', n: { $gt: 1 } },
      { $set: { x: 3 }, $setOnInsert: { _id: 3, y: 1 } },
      { _id: 3, k: 'v', x: 3, y: 1 },
    ],
    [
      { sessionId: 'a' },
      { $setOnInsert: { _id: id, language: 'en', status: 'x', at: new Date(1) } },
      { _id: id, sessionId: 'a', at: new Date(1), language: 'en', status: 'x' },
    ],
    [{ z: 1, b: 2, _id: 1 }, { $set: { a: 1 } }, { _id: 1, b: 2, z: 1, a: 1 }],
    [{ 'a.b': 1, _id: 1 }, { $inc: { n: 1 } }, { _id: 1, a: { b: 1 }, n: 1 }],
    [{ _id: 1, a: 1 }, { $inc: { a: 1 } }, { _id: 1, a: 2 }],
    [{ _id: 1, k: 2 }, { $setOnInsert: { payload: { 'a.b': 1 } } }, { _id: 1, k: 2, payload: { 'a.b': 1 } }],
    [{ _id: 1, a: { $in: [5] } }, { $push: { t: 1 } }, { _id: 1, a: 5, t: [1] }],
  ])('by %j of %j', (filter, update, inserted) => {
    expectDocument(insert(filter, update), inserted);
  });

  it('makes an id where none is given, and puts it first', () => {
    const [name, value] = [...insert({ a: 1 }, { $set: { b: 1 } })][0]!;
    expect(name).toBe('_id');
    expect(value).toBeInstanceOf(ObjectId);
  });

  it.each<[Document, Document, number, string]>([
    [
      { _id: 1 },
      { _id: 2 },
      66,
      "After applying the update, the (immutable) field '_id' was found to have been altered to _id: 2",
    ],
    [
      { _id: 1 },
      { $set: { _id: 2 } },
      66,
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    ],
    [{}, { $set: { _id: [1] } }, 53, "The '_id' value cannot be of type array"],
    [
      { k: 1 },
      { $setOnInsert: { payload: { $set: 1 } } },
      52,
      "The dollar ($) prefixed field '$set' in 'payload.$set' is not valid for storage.",
    ],
  ])('by %j of %j is refused', (filter, update, code) => {
    expect(errorOf(() => insert(filter, update))).toMatchObject({ code });
  });
});

describe('an update that is none', () => {
  const document = { _id: 1, s: 'x', n: 1, o: { p: 1 }, a: [1, { b: 1 }], big };

  it.each<[Document, number, string]>([
    [
      { $bogus: { a: 1 } },
      9,
      'Unknown modifier: $bogus. Expected a valid update modifier or pipeline-style update specified as an array',
    ],
    [
      { $set: { a: 1 }, b: 2 },
      9,
      'Unknown modifier: b. Expected a valid update modifier or pipeline-style update specified as an array',
    ],
    [{ $set: {} }, 9, "'$set' is empty. You must specify a field like so: {$set: {<field>: ...}}"],
    [
      { $set: 1 },
      9,
      'Modifiers operate on fields but we found type int instead. For example: {$mod: {<field>: ...}} not {$set: 1}',
    ],
    [{ $set: { '': 1 } }, 56, 'An empty update path is not valid.'],
    [
      { $set: { 'a..b': 1 } },
      56,
      "The update path 'a..b' contains an empty field name, which is not allowed.",
    ],
    [{ $set: { a: 1 }, $inc: { a: 1 } }, 40, "Updating the path 'a' would create a conflict at 'a'"],
    [{ $set: { a: 1, 'a.b': 1 } }, 40, "Updating the path 'a.b' would create a conflict at 'a'"],
    [{ $set: { 'a.b': 1 }, $unset: { a: 1 } }, 40, "Updating the path 'a' would create a conflict at 'a'"],
    [{ $set: { s: 1 }, $rename: { n: 's' } }, 40, "Updating the path 's' would create a conflict at 's'"],
    [
      { $set: { _id: 2 } },
      66,
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    ],
    [
      { $set: { _id: { a: 1 } } },
      66,
      "Updating the path '_id' to _id: { a: 1 } would modify the immutable field '_id'",
    ],
    [
      { $unset: { _id: 1 } },
      66,
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    ],
    [
      { $rename: { _id: 'x' } },
      66,
      "Unsetting the path '_id' using $rename would modify the immutable field '_id'",
    ],
    [
      { _id: 2, a: 1 },
      66,
      "After applying the update, the (immutable) field '_id' was found to have been altered to _id: 2",
    ],
    [
      { $set: { x: { $y: 1 } } },
      52,
      "The dollar ($) prefixed field '$y' in 'x.$y' is not valid for storage.",
    ],
    [
      { $set: { x: [{ $y: 1 }] } },
      52,
      "The dollar ($) prefixed field '$y' in 'x.0.$y' is not valid for storage.",
    ],
    [{ $set: { $x: 1 } }, 52, "The dollar ($) prefixed field '$x' in '$x' is not valid for storage."],
    [
      { a: 1, $set: { b: 1 } },
      52,
      "The dollar ($) prefixed field '$set' in '$set' is not valid for storage.",
    ],
    [
      { $push: { a: { $slice: 1 } } },
      52,
      "The dollar ($) prefixed field '$slice' in 'a.2.$slice' is not valid for storage.",
    ],
    [{ $set: { x: { $id: 1 } } }, 55, 'Found $id field without a $ref before it, which is invalid.'],
    [{ $set: { x: { $ref: 'c' } } }, 55, 'The DBRef $ref field must be followed by a $id field'],
    [{ $set: { 's.x': 1 } }, 28, 'Cannot create field \'x\' in element {s: "x"}'],
    [{ $set: { 'a.x': 1 } }, 28, "Cannot create field 'x' in element {a: [ 1, { b: 1 } ]}"],
    [{ $inc: { 'n.x.y': 1 } }, 28, "Cannot create field 'x' in element {n: 1}"],
    [{ $set: { 'a.2000000': 1 } }, 34, "can't backfill more than 1500000 elements"],
    [
      { $inc: { s: 1 } },
      14,
      "Cannot apply $inc to a value of non-numeric type. {_id: 1} has the field 's' of non-numeric type string",
    ],
    [{ $mul: { 'o.p': 'x' } }, 14, 'Cannot multiply with non-numeric argument: {o.p: "x"}'],
    [{ $inc: { n: 'x' } }, 14, 'Cannot increment with non-numeric argument: {n: "x"}'],
    [
      { $inc: { big: 1 } },
      2,
      'Failed to apply $inc operations to current value ((NumberLong)9223372036854775807) for document {_id: 1}',
    ],
    [
      { $inc: { n: big } },
      2,
      'Failed to apply $inc operations to current value ((NumberInt)1) for document {_id: 1}',
    ],
    [{ $push: { s: 1 } }, 2, "The field 's' must be an array but is of type string in document {_id: 1}"],
    [
      { $push: { a: { $each: 1 } } },
      2,
      'The argument to $each in $push must be an array but it was of type: int',
    ],
    [{ $push: { a: { $each: [], $foo: 1 } } }, 2, 'Unrecognized clause in $push: $foo'],
    [
      { $push: { a: { $each: [], $slice: 'x' } } },
      2,
      'The value for $slice must be an integer value but was given type: string',
    ],
    [
      { $push: { a: { $each: [], $position: 1.5 } } },
      2,
      'The value for $position must be an integer value, not of type: double',
    ],
    [{ $push: { a: { $each: [], $sort: 2 } } }, 2, 'The $sort element value must be either 1 or -1'],
    [
      { $push: { a: { $each: [], $sort: {} } } },
      2,
      'The $sort pattern is empty when it should be a set of fields.',
    ],
    [
      { $addToSet: { s: 1 } },
      2,
      "Cannot apply $addToSet to non-array field. Field named 's' has non-array type string",
    ],
    [
      { $addToSet: { a: { $each: 1 } } },
      14,
      'The argument to $each in $addToSet must be an array but it was of type int',
    ],
    [
      { $addToSet: { a: { $each: [], b: 1 } } },
      2,
      'Found unexpected fields after $each in $addToSet: { $each: [], b: 1 }',
    ],
    [{ $pop: { a: 2 } }, 9, '$pop expects 1 or -1, found: 2'],
    [{ $pop: { a: 'x' } }, 9, 'Expected a number in: a: "x"'],
    [{ $pop: { s: 1 } }, 14, "Path 's' contains an element of non-array type 'string'"],
    [{ $pull: { s: 1 } }, 2, 'Cannot apply $pull to a non-array value'],
    [{ $pull: { 's.x': 1 } }, 28, 'Cannot use the part (x) of (s.x) to traverse the element ({s: "x"})'],
    [{ $pullAll: { a: 1 } }, 2, '$pullAll requires an array argument but was given a int'],
    [{ $rename: { n: 1 } }, 2, "The 'to' field for $rename must be a string: n: 1"],
    [{ $rename: { n: 'n' } }, 2, 'The source and target field for $rename must differ: n: "n"'],
    [
      { $rename: { o: 'o.p' } },
      2,
      'The source and target field for $rename must not be on the same path: o: "o.p"',
    ],
    [
      { $rename: { 'a.0': 'x' } },
      2,
      "The source field cannot be an array element, 'a.0' in doc with _id: 1 has an array field called 'a'",
    ],
    [
      { $rename: { n: 'a.0' } },
      2,
      "The destination field cannot be an array element, 'a.0' in doc with _id: 1 has an array field called 'a'",
    ],
    [{ $rename: { 's.x': 'y' } }, 28, 'cannot use the part (s of s.x) to traverse the element ({s: "x"})'],
    [
      { $currentDate: { x: 1 } },
      2,
      "int is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).",
    ],
    [{ $currentDate: { x: { $foo: 1 } } }, 2, 'Unrecognized $currentDate option: $foo'],
    [{ $bit: { n: { and: new Int32(1) } } }, 238, '$bit is not supported'],
  ])('%j is refused', (update, code) => {
    expect(errorOf(() => apply(update, document))).toMatchObject({ code });
  });

  it('refuses to replace many', () => {
    expect(errorOf(() => apply({ plain: 1 }, document, { multi: true }))).toEqual({
      code: 9,
      message: 'multi update is not supported for replacement-style update',
    });
  });
});
