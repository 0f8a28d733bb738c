import { BSONRegExp, Decimal128, Document, Double, Int32, Long, MaxKey, MinKey, ObjectId } from 'bson';
import { parseFilter } from '../../../src/embedded/language/filter';
import { filterEqualities } from '../../../src/embedded/language/filter';
import { compileFilter } from '../../../src/embedded/language/filter-match';
import { documentFrom, errorOf } from './documents';

function matches(filter: Document, document: Document): boolean {
  return compileFilter(parseFilter(documentFrom(filter))).matches(documentFrom(document));
}

/** What a filter matches, and what it does not. */
const cases: Record<string, [filter: Document, matching: Document[], others: Document[]][]> = {
  equality: [
    [{}, [{}, { a: 1 }], []],
    [
      { a: 1 },
      [{ a: 1 }, { a: new Double(1) }, { a: Long.fromNumber(1) }, { a: [0, 1] }],
      [{ a: '1' }, {}, { a: true }],
    ],
    [{ a: Decimal128.fromString('1.0') }, [{ a: 1 }, { a: Decimal128.fromString('1') }], [{ a: 1.5 }]],
    [{ a: new Double(NaN) }, [{ a: NaN }, { a: Decimal128.fromString('NaN') }], [{ a: 1 }, { a: null }]],
    [{ a: 'x' }, [{ a: 'x' }, { a: ['y', 'x'] }], [{ a: 'X' }, { a: [['x']] }]],
    [{ a: null }, [{}, { a: null }, { a: [null] }, { b: 1 }], [{ a: [] }, { a: 0 }, { a: false }]],
    [
      { 'a.b': null },
      [{}, { a: null }, { a: 1 }, { a: {} }, { a: [{}] }],
      [{ a: [] }, { a: [null] }, { a: [1] }, { a: { b: 1 } }],
    ],
    [{ a: [1, 2] }, [{ a: [1, 2] }, { a: [[1, 2], 3] }], [{ a: [2, 1] }, { a: [1, 2, 3] }]],
    [{ a: [] }, [{ a: [] }, { a: [[]] }], [{}, { a: [1] }]],
    [{ a: { b: 1, c: 2 } }, [{ a: { b: 1, c: 2 } }], [{ a: { c: 2, b: 1 } }, { a: { b: 1 } }]],
    [{ a: {} }, [{ a: {} }], [{ a: { b: 1 } }, {}]],
    [{ a: { $ref: 'c', $id: 1 } }, [{ a: { $ref: 'c', $id: 1 } }], [{ a: { $ref: 'c' } }]],
    [{ a: { $eq: /x/ } }, [{ a: /x/ }], [{ a: 'x' }]],
    [{ a: { $ne: 1 } }, [{}, { a: 2 }, { a: '1' }, { a: [] }], [{ a: 1 }, { a: [2, 1] }]],
    [{ a: { $ne: null } }, [{ a: 0 }, { a: [] }], [{}, { a: null }, { a: [null, 1] }]],
  ],
  ranges: [
    [
      { a: { $gt: 1 } },
      [{ a: 2 }, { a: 1.5 }, { a: Long.MAX_VALUE }, { a: [0, 2] }],
      [{ a: 1 }, { a: '2' }, { a: new Date(5) }, {}],
    ],
    [{ a: { $gte: 1, $lt: 3 } }, [{ a: 1 }, { a: 2.5 }, { a: [0, 5] }], [{ a: 3 }, { a: 0 }]],
    [
      { a: { $gt: Long.fromBigInt(2n ** 53n) } },
      [{ a: Long.fromBigInt(2n ** 53n + 1n) }],
      [{ a: new Double(2 ** 53) }],
    ],
    [{ a: { $gte: 'b' } }, [{ a: 'b' }, { a: 'c' }], [{ a: 'B' }, { a: 5 }, { a: new Date() }]],
    [{ a: { $lt: new Date(5) } }, [{ a: new Date(-5) }], [{ a: new Date(5) }, { a: 1 }]],
    [{ a: { $lte: null } }, [{}, { a: null }], [{ a: 0 }]],
    [{ a: { $gte: null } }, [{}, { a: null }], [{ a: 0 }]],
    [{ a: { $gt: null } }, [], [{}, { a: null }, { a: 1 }]],
    [{ a: { $lt: true } }, [{ a: false }], [{ a: true }, { a: 0 }]],
    [{ a: { $lt: 1 } }, [{ a: 0 }, { a: -Infinity }], [{ a: NaN }]],
    [{ a: { $lte: NaN } }, [{ a: NaN }], [{ a: 1 }, { a: -Infinity }]],
    [{ a: { $gt: new MinKey() } }, [{ a: 1 }, { a: null }], [{ a: new MinKey() }]],
    [{ a: { $lt: new MaxKey() } }, [{ a: 'x' }], [{ a: new MaxKey() }]],
    [{ a: { $gt: [1] } }, [{ a: [1, 0] }, { a: [2] }, { a: [[3]] }], [{ a: [1] }, { a: 5 }]],
    [{ a: { $gt: { b: 1 } } }, [{ a: { b: 2 } }], [{ a: { b: 1 } }, { a: 1 }]],
  ],
  lists: [
    [{ a: { $in: [] } }, [], [{}, { a: 1 }]],
    [{ a: { $in: [1, 'x'] } }, [{ a: 1 }, { a: new Double(1) }, { a: 'x' }, { a: [5, 'x'] }], [{ a: 2 }, {}]],
    [{ a: { $in: [null, 1] } }, [{}, { a: null }, { a: 1 }], [{ a: 0 }]],
    [{ a: { $in: [/^x/, 4] } }, [{ a: 'xy' }, { a: 4 }, { a: /^x/ }], [{ a: 'yx' }]],
    [{ a: { $in: [[1, 2]] } }, [{ a: [1, 2] }, { a: [[1, 2]] }], [{ a: [1] }]],
    [{ a: { $in: [{ b: 1 }, new Date(1)] } }, [{ a: { b: 1 } }, { a: new Date(1) }], [{ a: { b: 2 } }]],
    [{ a: { $nin: [1, null] } }, [{ a: 2 }, { a: [] }], [{}, { a: 1 }, { a: [1, 2] }]],
  ],
  logic: [
    [{ a: 1, b: 2 }, [{ a: 1, b: 2 }], [{ a: 1 }]],
    [{ $and: [{ a: 1 }, { $and: [{ b: 2 }] }] }, [{ a: 1, b: 2 }], [{ a: 1 }]],
    [{ $or: [{ a: 1 }, { b: 2 }] }, [{ a: 1 }, { b: 2 }], [{ a: 2 }]],
    [{ $nor: [{ a: 1 }, { b: 2 }] }, [{}, { a: 2 }], [{ a: 1 }, { b: 2 }]],
    [{ a: { $not: { $gt: 1, $lt: 5 } } }, [{ a: 1 }, { a: 'x' }, {}], [{ a: 3 }, { a: [0, 9] }]],
    [{ a: { $not: /^x/ } }, [{ a: 'y' }, {}], [{ a: 'x' }]],
    [{ a: { $not: { $in: [1] } } }, [{}, { a: 2 }], [{ a: 1 }]],
    [{ $comment: 'why', a: 1 }, [{ a: 1 }], [{}]],
    [{ $alwaysFalse: 1 }, [], [{}]],
    [{ $alwaysTrue: 1 }, [{}], []],
  ],
  paths: [
    [
      { 'a.b': 1 },
      [{ a: { b: 1 } }, { a: [{ b: 2 }, { b: 1 }] }, { a: { b: [1] } }],
      [{ 'a.b': 1 }, { a: [[{ b: 1 }]] }],
    ],
    [{ 'a.0': 1 }, [{ a: [1] }, { a: { 0: 1 } }, { a: [{ 0: 1 }] }], [{ a: [2, 1] }, { a: [[1]] }]],
    [{ 'a.0': [1] }, [{ a: [[1]] }], [{ a: [1] }]],
    [{ 'a.0.b': 1 }, [{ a: [{ b: 1 }] }, { a: [[{ b: 1 }]] }], [{ a: [{ b: 2 }, { b: 1 }] }]],
    [{ 'a.b.c': { $gt: 1 } }, [{ a: [{ b: [{ c: 2 }] }] }], [{ a: [{ b: [{ c: 1 }] }] }]],
    [
      { 'a.b': { $exists: false } },
      [{}, { a: 1 }, { a: [] }, { a: [{ c: 1 }] }],
      [{ a: { b: null } }, { a: [{}, { b: 1 }] }],
    ],
  ],
  elements: [
    [{ a: { $exists: true } }, [{ a: null }, { a: [] }], [{}]],
    [{ a: { $exists: 0 } }, [{}], [{ a: null }]],
    [{ a: { $type: 'string' } }, [{ a: 'x' }, { a: [1, 'x'] }], [{ a: 1 }, {}]],
    [
      { a: { $type: 'number' } },
      [{ a: 1 }, { a: 1.5 }, { a: Long.ONE }, { a: Decimal128.fromString('1') }],
      [{ a: '1' }],
    ],
    [{ a: { $type: ['int', 10] } }, [{ a: 1 }, { a: null }], [{ a: 1.5 }, {}]],
    [{ a: { $type: 'array' } }, [{ a: [] }, { a: [[1]] }], [{ a: {} }]],
    [{ a: { $type: -1 } }, [{ a: new MinKey() }], [{ a: new MaxKey() }]],
    [{ a: { $size: 2 } }, [{ a: [1, [2, 3]] }], [{ a: [[1, 2]] }, { a: 'xy' }, {}]],
    [
      { a: { $mod: [4, 1] } },
      [{ a: 5 }, { a: 5.9 }, { a: Long.fromNumber(9) }, { a: [0, 1] }],
      [{ a: 4 }, { a: '5' }, { a: NaN }],
    ],
    [{ a: { $mod: [4, -1] } }, [{ a: -5 }], [{ a: 3 }]],
    [{ a: { $all: [1, 2] } }, [{ a: [2, 1, 0] }], [{ a: [1] }, { a: 1 }, {}]],
    [{ a: { $all: ['x'] } }, [{ a: 'x' }, { a: ['x'] }], [{ a: 'y' }]],
    [{ a: { $all: [[1, 2]] } }, [{ a: [1, 2] }, { a: [[1, 2]] }], [{ a: [2, 1] }]],
    [{ a: { $all: [] } }, [], [{ a: [] }, {}]],
    [{ a: { $all: [/^x/] } }, [{ a: ['xy'] }], [{ a: ['y'] }]],
    [
      { a: { $all: [{ $elemMatch: { b: 1 } }, { $elemMatch: { b: 2 } }] } },
      [{ a: [{ b: 1 }, { b: 2 }] }],
      [{ a: [{ b: 1 }] }],
    ],
    [
      { a: { $elemMatch: { b: 1, c: { $gt: 1 } } } },
      [{ a: [{ b: 1, c: 2 }] }],
      [{ a: [{ b: 1 }, { c: 2 }] }, { a: { b: 1, c: 2 } }],
    ],
    [{ a: { $elemMatch: { $gt: 1, $lt: 3 } } }, [{ a: [0, 2] }], [{ a: [0, 5] }, { a: 2 }]],
    [{ a: { $elemMatch: { $not: { $gt: 1 } } } }, [{ a: [1] }], [{ a: [2] }, { a: [] }]],
    [{ a: { $elemMatch: { $or: [{ b: 1 }, { c: 1 }] } } }, [{ a: [{ c: 1 }] }], [{ a: [{ d: 1 }] }]],
    [{ a: { $elemMatch: { 0: 1 } } }, [{ a: [[1]] }], [{ a: [1] }]],
    [{ 'a.b': { $elemMatch: { $eq: 1 } } }, [{ a: { b: [1] } }, { a: [{ b: [1] }] }], [{ a: { b: 1 } }]],
  ],
  patterns: [
    [{ a: /^x/ }, [{ a: 'xy' }, { a: ['b', 'x'] }, { a: /^x/ }], [{ a: 'yx' }, { a: 1 }, { a: /^x/i }]],
    [{ a: { $regex: '^X', $options: 'i' } }, [{ a: 'xy' }], [{ a: 'yx' }]],
    [{ a: { $options: 'i', $regex: '^X' } }, [{ a: 'xy' }], [{ a: 'yx' }]],
    [{ a: { $regex: /^X/i } }, [{ a: 'xy' }], [{ a: 'yx' }]],
    [{ a: { $regex: /^X/, $options: 'i' } }, [{ a: 'xy' }], []],
    [{ a: { $regex: '(?i)^X' } }, [{ a: 'xy' }], [{ a: 'y' }]],
    [{ a: { $regex: '^b$', $options: 'm' } }, [{ a: 'a\nb' }], [{ a: 'ab' }]],
    [{ a: { $regex: 'a.b' } }, [{ a: 'a b' }, { a: 'a😀b' }], [{ a: 'a\nb' }]],
    [{ a: { $regex: 'a.b', $options: 's' } }, [{ a: 'a\nb' }], [{ a: 'ab' }]],
    [{ a: { $regex: 'a b # c\n[ ]\\ d', $options: 'x' } }, [{ a: 'ab  d' }], [{ a: 'a b' }]],
    [{ a: { $regex: '[\\w-]+\\-' } }, [{ a: 'x-' }], [{ a: '!' }]],
    [{ a: new BSONRegExp('é', 'i') }, [{ a: 'É' }], [{ a: 'e' }]],
  ],
  expressions: [
    [
      { $expr: { $gt: ['$a', '$b'] } },
      [
        { a: 2, b: 1 },
        { a: 'x', b: 1 },
      ],
      [{ a: 1, b: 1 }],
    ],
    [{ $expr: { $eq: ['$a', 1] } }, [{ a: 1 }, { a: 1.0 }], [{ a: [1] }, { a: '1' }]],
    [{ $expr: { $and: [{ $eq: ['$a', 'x'] }, '$b'] } }, [{ a: 'x', b: true }], [{ a: 'x' }, { b: true }]],
  ],
};

describe.each(Object.entries(cases))('a filter: %s', (_topic, table) => {
  it.each(table)('%j', (filter, matching, others) => {
    expect(matching.filter((document) => !matches(filter, document))).toEqual([]);
    expect(others.filter((document) => matches(filter, document))).toEqual([]);
  });
});

describe('a filter that is none', () => {
  it.each<[Document, number, string]>([
    [{ a: { $wrong: 1 } }, 2, 'unknown operator: $wrong'],
    [{ a: { $gt: 1, b: 1 } }, 2, 'unknown operator: b'],
    [{ a: { $and: [] } }, 2, 'unknown operator: $and'],
    [{ $wrong: 1 }, 2, 'unknown top level operator: $wrong'],
    [{ $gt: 1 }, 2, 'unknown top level operator: $gt'],
    [{ $or: [] }, 2, '$and/$or/$nor must be a nonempty array'],
    [{ $nor: 1 }, 2, '$nor must be an array'],
    [{ $and: [1] }, 2, '$or/$and/$nor entries need to be full objects'],
    [{ a: { $in: 1 } }, 2, '$in needs an array'],
    [{ a: { $nin: {} } }, 2, '$nin needs an array'],
    [{ a: { $in: [{ $gt: 1 }] } }, 2, 'cannot nest $ under $in'],
    [{ a: { $gt: /x/ } }, 2, "Can't have RegEx as arg to predicate over field 'a'."],
    [{ a: { $ne: /x/ } }, 2, "Can't have regex as arg to $ne."],
    [{ a: { $not: 1 } }, 2, '$not needs a regex or a document'],
    [{ a: { $not: {} } }, 2, '$not cannot be empty'],
    [{ a: { $not: { b: 1 } } }, 2, 'unknown operator: b'],
    [{ a: { $all: 1 } }, 2, '$all needs an array'],
    [{ a: { $all: [{ $elemMatch: { b: 1 } }, 5] } }, 2, '$all/$elemMatch has to be consistent'],
    [{ a: { $all: [{ $gt: 1 }] } }, 2, 'no $ expressions in $all'],
    [{ a: { $elemMatch: 1 } }, 2, '$elemMatch needs an Object'],
    [{ a: { $size: 'x' } }, 2, '$size needs a number'],
    [{ a: { $size: 1.5 } }, 2, '$size must be a whole number'],
    [{ a: { $size: -1 } }, 2, '$size may not be negative'],
    [{ a: { $size: Long.MAX_VALUE } }, 2, '$size must be representable as a 32-bit integer'],
    [{ a: { $mod: 1 } }, 2, 'malformed mod, needs to be an array'],
    [{ a: { $mod: [2] } }, 2, 'malformed mod, not enough elements'],
    [{ a: { $mod: ['x', 1] } }, 2, 'malformed mod, divisor not a number'],
    [{ a: { $mod: [1, 2, 3] } }, 2, 'malformed mod, too many elements'],
    [{ a: { $mod: [0, 1] } }, 2, 'divisor cannot be 0'],
    [{ a: { $type: 'text' } }, 2, 'Unknown type name alias: text'],
    [{ a: { $type: 99 } }, 2, 'Invalid numerical type code: 99'],
    [{ a: { $type: {} } }, 14, 'type must be represented as a number or a string'],
    [{ a: { $type: [] } }, 9, 'a must match at least one type'],
    [{ a: { $regex: 1 } }, 2, '$regex has to be a string'],
    [{ a: { $regex: 'x', $options: 1 } }, 2, '$options has to be a string'],
    [{ a: { $options: 'i' } }, 2, '$options needs a $regex'],
    [{ a: { $regex: 'x', $options: 'z' } }, 51108, 'invalid flag in regex options: z'],
    [{ a: { $options: 'i', $regex: /x/i } }, 51075, 'options set in both $regex and $options'],
    [{ a: { $regex: /x/i, $options: 'i' } }, 51075, 'options set in both $regex and $options'],
    [{ a: { $regex: '(' } }, 51091, 'Regular expression is invalid: missing )'],
    [{ a: { $regex: '*' } }, 51091, 'Regular expression is invalid: nothing to repeat'],
    [
      { a: { $regex: '[' } },
      51091,
      'Regular expression is invalid: missing terminating ] for character class',
    ],
    [{ a: { $regex: ')' } }, 51091, 'Regular expression is invalid: unmatched parentheses'],
    [{ a: { $in: [new BSONRegExp('(')] } }, 51091, 'Regular expression is invalid: missing )'],
    [{ a: { $where: '1' } }, 2, '$where cannot be applied to a field'],
    [{ $where: '1' }, 2, 'no globalScriptEngine in $where parsing'],
    [{ $text: { $search: 'x' } }, 27, 'text index required for $text query'],
    [{ $jsonSchema: {} }, 238, '$jsonSchema is not supported'],
    [{ a: { $near: [] } }, 238, '$near is not supported'],
    [{ a: { $bitsAllSet: 1 } }, 238, '$bitsAllSet is not supported'],
    [{ a: { $elemMatch: { $expr: true } } }, 2, '$expr can only be applied to the top-level document'],
    [{ $expr: { $bogus: 1 } }, 168, "Unrecognized expression '$bogus'"],
  ])('%j', (filter, code) => {
    const run = () => compileFilter(parseFilter(documentFrom(filter)));
    expect(errorOf(run)).toMatchObject({ code });
  });
});

describe('a parsed filter', () => {
  const parse = (filter: Document) => parseFilter(documentFrom(filter));

  it('has no needless levels', () => {
    const wanted = { kind: 'field', path: 'a', op: 'eq', value: 'x' };
    expect(parse({ $and: [{ $or: [{ a: { $in: ['x'] } }] }] })).toEqual(wanted);
    expect(parse({ b: 1, $and: [{ $and: [{ c: 1 }] }, { d: 1 }] })).toMatchObject({
      kind: 'and',
      children: { length: 3 },
    });
  });

  it('tells which top-level fields it reads', () => {
    const fieldsOf = (filter: Document) => compileFilter(parse(filter)).fields;
    expect(fieldsOf({ 'a.b': 1, $or: [{ c: 1 }, { 'd.0': { $ne: 2 } }] })).toEqual(new Set(['a', 'c', 'd']));
    expect(fieldsOf({ $expr: { $eq: ['$a.b', { $literal: '$x' }] } })).toEqual(new Set(['a']));
    expect(fieldsOf({ $expr: '$$ROOT' })).toBeNull();
  });

  it('gives an upsert the fields that it says are equal to something', () => {
    const id = new ObjectId();
    const equalities = filterEqualities(
      parse({
        a: 1,
        b: { $eq: 'x' },
        $and: [{ c: { $in: [id] } }, { d: { $gt: 1 } }],
        $or: [{ e: 1 }, { e: 2 }],
        f: { $all: [1] },
      }),
    );
    expect(equalities).toEqual(
      new Map<string, unknown>([
        ['a', new Int32(1)],
        ['b', 'x'],
        ['c', id],
        ['f', new Int32(1)],
      ]),
    );
  });

  it.each<[Document, number, string]>([
    [{ a: 1, $and: [{ a: 2 }] }, 54, "cannot infer query fields to set, path 'a' is matched twice"],
    [{ a: {}, 'a.b': 1 }, 54, "cannot infer query fields to set, both paths 'a.b' and 'a' are matched"],
    [{ $expr: { $eq: ['$a', 1] } }, 224, '$expr is not allowed in the query predicate for an upsert'],
  ])('refuses to upsert by %j', (filter, code) => {
    expect(errorOf(() => filterEqualities(parse(filter)))).toMatchObject({ code });
  });
});
