import { Decimal128, Document, Double, Long, ObjectId } from 'bson';
import { compilePipeline } from '../../../src/embedded/language/aggregate';
import { PipelineSource } from '../../../src/embedded/language/stage';
import { BsonDocument } from '../../../src/embedded/language/bson-value';
import { compileExpression } from '../../../src/embedded/language/expression';
import { scopeOf } from '../../../src/embedded/language/expression-scope';
import { documentFrom, errorOf, expectDocument, valueFrom } from './documents';

const others: Record<string, Document[]> = {
  events: [{ _id: 1, s: 'a', n: 1 }, { _id: 2, s: 'a', n: 2 }, { _id: 3, s: 'b', n: 3 }, { _id: 4 }],
};

const source: PipelineSource = {
  aggregate: (collection, pipeline) =>
    compilePipeline(pipeline, source)((others[collection] ?? []).map(documentFrom)),
  pauses: () => false,
  takeMemory: () => undefined,
};

function run(pipeline: Document[], documents: Document[]): BsonDocument[] {
  const made = compilePipeline(pipeline.map(documentFrom), source)(documents.map(documentFrom));
  return [...made].filter((document) => document !== null);
}

function expectDocuments(actual: BsonDocument[], expected: Document[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [index, document] of actual.entries()) expectDocument(document, expected[index]!);
}

const id = new ObjectId('0123456789abcdef01234567');
const at = new Date('2026-01-02T03:04:05.678Z');
const row = {
  i: 5,
  d: new Double(2),
  l: Long.fromNumber(7),
  x: Decimal128.fromString('0.5'),
  s: 'Hey',
  at,
  id,
  o: { k: 1 },
  a: [1, new Double(2), 'x'],
  docs: [{ v: 1 }, { v: 2 }, {}],
  n: null,
};

/** An expression on `row`, and its value. */
const expressions: Record<string, [expression: unknown, value: unknown][]> = {
  values: [
    ['$i', 5],
    ['$o.k', 1],
    ['$docs.v', [1, 2]],
    ['$$ROOT.s', 'Hey'],
    [
      { a: '$i', b: '$missing', c: { d: '$s' } },
      { a: 5, c: { d: 'Hey' } },
    ],
    [
      ['$i', '$missing'],
      [5, null],
    ],
    [{ $literal: '$i' }, '$i'],
    [{ $let: { vars: { v: { $add: ['$i', 1] } }, in: { $multiply: ['$$v', 2] } } }, 12],
  ],
  comparison: [
    [{ $eq: ['$d', 2] }, true],
    [{ $gt: ['$s', 99] }, true],
    [{ $lt: ['$missing', null] }, true],
    [{ $eq: ['$missing', null] }, false],
    [{ $cmp: ['$i', 9] }, -1],
    [{ $and: ['$i', { $not: ['$n'] }] }, true],
    [{ $or: ['$n', 0] }, false],
    [{ $cond: [{ $eq: ['$s', 'Hey'] }, 'yes', 'no'] }, 'yes'],
    [{ $cond: { if: '$n', then: 1, else: 2 } }, 2],
    [{ $ifNull: ['$n', 'none'] }, 'none'],
    [
      {
        $switch: {
          branches: [
            { case: '$n', then: 1 },
            { case: '$i', then: 2 },
          ],
          default: 3,
        },
      },
      2,
    ],
  ],
  arithmetic: [
    [{ $add: ['$i', 1] }, 6],
    [{ $add: ['$i', '$d'] }, new Double(7)],
    [{ $add: ['$i', '$l'] }, Long.fromNumber(12)],
    [{ $add: ['$i', '$x'] }, Decimal128.fromString('5.5')],
    [{ $add: [2147483647, 1] }, Long.fromNumber(2147483648)],
    [{ $add: [Long.MAX_VALUE, 1] }, new Double(2 ** 63)],
    [{ $add: ['$at', 1000] }, new Date(at.getTime() + 1000)],
    [{ $add: ['$i', '$n'] }, null],
    [{ $subtract: ['$at', new Date(at.getTime() - 5)] }, Long.fromNumber(5)],
    [{ $subtract: ['$i', 7] }, -2],
    [{ $multiply: ['$d', 3] }, new Double(6)],
    [{ $divide: [6, 3] }, new Double(2)],
    [{ $mod: [7, 4] }, 3],
    [{ $mod: [7.5, 4] }, 3.5],
    [{ $floor: 2.5 }, new Double(2)],
    [{ $abs: -3 }, 3],
    [{ $sqrt: 9 }, new Double(3)],
    [{ $toInt: '$d' }, 2],
    [{ $toDouble: '$i' }, new Double(5)],
  ],
  arrays: [
    [{ $size: '$a' }, 3],
    [{ $arrayElemAt: ['$a', -1] }, 'x'],
    [{ $arrayElemAt: ['$a', 9] }, undefined],
    [{ $first: '$a' }, 1],
    [{ $last: '$a' }, 'x'],
    [{ $in: [2, '$a'] }, true],
    [{ $slice: ['$a', -2] }, [new Double(2), 'x']],
    [{ $slice: ['$a', 1, 1] }, [new Double(2)]],
    [{ $concatArrays: ['$a', [9]] }, [1, new Double(2), 'x', 9]],
    [{ $reverseArray: '$a' }, ['x', new Double(2), 1]],
    [{ $isArray: '$a' }, true],
    [{ $map: { input: '$docs', as: 'e', in: { $add: ['$$e.v', 1] } } }, [2, 3, null]],
    [{ $filter: { input: '$docs', cond: { $gt: ['$$this.v', 1] } } }, [{ v: 2 }]],
    [{ $reduce: { input: [1, 2, 3], initialValue: 0, in: { $add: ['$$value', '$$this'] } } }, 6],
    [{ $sum: '$docs.v' }, 3],
    [{ $avg: [1, 2] }, 1.5],
    [{ $max: '$docs.v' }, 2],
    [{ $indexOfArray: ['$a', 'x'] }, 2],
    [{ $objectToArray: '$o' }, [{ k: 'k', v: 1 }]],
    [{ $mergeObjects: ['$o', { z: 1 }] }, { k: 1, z: 1 }],
  ],
  'texts, dates and types': [
    [{ $concat: ['$s', '!'] }, 'Hey!'],
    [{ $toUpper: '$s' }, 'HEY'],
    [{ $toLower: '$n' }, ''],
    [{ $strLenCP: '$s' }, 3],
    [{ $substrBytes: ['$s', 1, 1] }, 'e'],
    [{ $split: ['a-b', '-'] }, ['a', 'b']],
    [{ $regexMatch: { input: '$s', regex: /^H/ } }, true],
    [{ $dateToString: { date: '$at', format: '%Y-%m-%dT%H:%M:%S.%L' } }, '2026-01-02T03:04:05.678'],
    [{ $hour: '$at' }, 3],
    [{ $type: '$l' }, 'long'],
    [{ $type: '$missing' }, 'missing'],
    [{ $toString: '$id' }, '0123456789abcdef01234567'],
    [{ $isNumber: '$x' }, true],
  ],
};

describe.each(Object.entries(expressions))('an expression: %s', (_topic, table) => {
  it.each(table)('%j', (expression, value) => {
    const actual = compileExpression(valueFrom(expression))(scopeOf(documentFrom(row)));
    expectDocument(
      new Map(actual === undefined ? [] : [['value', actual]]),
      value === undefined ? {} : { value },
    );
  });
});

describe('an expression that is none', () => {
  it.each<[unknown, number, string]>([
    [{ $bogus: 1 }, 168, "Unrecognized expression '$bogus'"],
    [{ $function: {} }, 168, "Unrecognized expression '$function'"],
    [{ $eq: [1] }, 16020, 'Expression $eq takes exactly 2 arguments. 1 were passed in.'],
    [
      { $add: 1, $sum: 2 },
      15983,
      'An object representing an expression must have exactly one field: { $add: 1, $sum: 2 }',
    ],
    ['$$nope', 17276, 'Use of undefined variable: nope'],
    [{ $size: '$missing' }, 17124, 'The argument to $size must be an array, but was of type: missing'],
    [{ $add: ['$s'] }, 16554, '$add only supports numeric or date types, not string'],
    [{ $divide: ['$x', 2] }, 238, 'decimals'],
    [{ $divide: [1, 0] }, 16608, "can't $divide by zero"],
    [{ $in: [1, '$s'] }, 40081, '$in requires an array as a second argument, found: string'],
    [{ $cond: [1] }, 16020, 'Expression $cond takes exactly 3 arguments. 1 were passed in.'],
    [
      { $switch: { branches: [{ case: false, then: 1 }] } },
      40066,
      '$switch could not find a matching branch for an input, and no default was specified.',
    ],
  ])('%j is refused', (expression, code) => {
    const evaluate = () => compileExpression(valueFrom(expression))(scopeOf(documentFrom(row)));
    expect(errorOf(evaluate).code).toBe(code);
  });
});

const rows = [
  { _id: 1, k: 'a', n: 1, t: ['x', 'y'] },
  { _id: 2, k: 'b', n: new Double(2), t: [] },
  { _id: 3, k: 'a', n: 3 },
];

/** Stages, and what they make of `rows`. */
const stages: [pipeline: Document[], result: Document[]][] = [
  [[], rows],
  [
    [{ $match: { n: { $gt: 1 } } }, { $project: { k: 1 } }],
    [
      { _id: 2, k: 'b' },
      { _id: 3, k: 'a' },
    ],
  ],
  [[{ $sort: { k: -1, n: 1 } }, { $skip: 1 }, { $limit: 1 }, { $project: { _id: 1 } }], [{ _id: 1 }]],
  [
    [{ $addFields: { n: '$k', m: { $add: ['$n', 1] } } }, { $unset: ['t', 'k'] }, { $limit: 1 }],
    [{ _id: 1, n: 'a', m: 2 }],
  ],
  [[{ $set: { 'o.p': 1, t: '$$REMOVE' } }, { $match: { _id: 3 } }], [{ _id: 3, k: 'a', n: 3, o: { p: 1 } }]],
  [
    [
      {
        $group: {
          _id: '$k',
          n: { $sum: 1 },
          all: { $push: '$n' },
          most: { $max: '$n' },
          mean: { $avg: '$n' },
        },
      },
      { $sort: { _id: 1 } },
    ],
    [
      { _id: 'a', n: 2, all: [1, 3], most: 3, mean: new Double(2) },
      { _id: 'b', n: 1, all: [new Double(2)], most: new Double(2), mean: new Double(2) },
    ],
  ],
  [
    [
      {
        $group: {
          _id: null,
          total: { $sum: '$n' },
          first: { $first: '$k' },
          last: { $last: '$zz' },
          set: { $addToSet: '$k' },
        },
      },
    ],
    [{ _id: null, total: new Double(6), first: 'a', last: null, set: ['a', 'b'] }],
  ],
  [
    [{ $group: { _id: { k: '$k' } } }, { $sort: { _id: 1 } }],
    [{ _id: { k: 'a' } }, { _id: { k: 'b' } }],
  ],
  [[{ $match: { _id: 99 } }, { $group: { _id: null } }], []],
  [[{ $count: 'n' }], [{ n: 3 }]],
  [[{ $match: { _id: 99 } }, { $count: 'n' }], []],
  [
    [{ $sortByCount: '$k' }],
    [
      { _id: 'a', count: 2 },
      { _id: 'b', count: 1 },
    ],
  ],
  [
    [{ $unwind: '$t' }, { $project: { t: 1 } }],
    [
      { _id: 1, t: 'x' },
      { _id: 1, t: 'y' },
    ],
  ],
  [
    [
      { $unwind: { path: '$t', preserveNullAndEmptyArrays: true, includeArrayIndex: 'at' } },
      { $project: { t: 1, at: 1 } },
    ],
    [
      { _id: 1, t: 'x', at: Long.fromNumber(0) },
      { _id: 1, t: 'y', at: Long.fromNumber(1) },
      { _id: 2, at: null },
      { _id: 3, at: null },
    ],
  ],
  [[{ $replaceRoot: { newRoot: { x: '$n' } } }, { $limit: 1 }], [{ x: 1 }]],
  [[{ $replaceWith: { x: '$n' } }, { $limit: 1 }], [{ x: 1 }]],
  [
    [
      { $limit: 1 },
      { $project: { _id: 1 } },
      { $unionWith: { coll: 'events', pipeline: [{ $match: { s: 'b' } }] } },
    ],
    [{ _id: 1 }, { _id: 3, s: 'b', n: 3 }],
  ],
  [[{ $limit: 1 }, { $project: { _id: 1 } }, { $unionWith: 'nowhere' }], [{ _id: 1 }]],
  [
    [
      { $project: { k: 1 } },
      { $lookup: { from: 'events', localField: 'k', foreignField: 's', as: 'e' } },
      { $project: { e: '$e._id' } },
    ],
    [
      { _id: 1, e: [1, 2] },
      { _id: 2, e: [3] },
      { _id: 3, e: [1, 2] },
    ],
  ],
  [
    [
      { $limit: 1 },
      { $lookup: { from: 'events', localField: 'zz', foreignField: 's', as: 'e' } },
      { $project: { e: 1 } },
    ],
    [{ _id: 1, e: [{ _id: 4 }] }],
  ],
  [
    [
      {
        $lookup: {
          from: 'events',
          let: { k: '$k' },
          pipeline: [
            { $match: { $expr: { $eq: ['$s', '$$k'] } } },
            { $limit: 1 },
            { $project: { _id: 0, n: 1, of: '$$k' } },
          ],
          as: 'e',
        },
      },
      { $project: { e: 1 } },
      { $skip: 1 },
    ],
    [
      { _id: 2, e: [{ n: 3, of: 'b' }] },
      { _id: 3, e: [{ n: 1, of: 'a' }] },
    ],
  ],
  [
    [{ $facet: { n: [{ $count: 'n' }], first: [{ $limit: 1 }, { $project: { _id: 1 } }] } }],
    [{ n: [{ n: 3 }], first: [{ _id: 1 }] }],
  ],
];

describe('a pipeline', () => {
  it.each(stages)('%j', (pipeline, result) => {
    expectDocuments(run(pipeline, rows), result);
  });

  it('reads no more documents than it needs', () => {
    let read = 0;
    function* endless() {
      for (;;) yield documentFrom({ n: read++ });
    }
    const pipeline = [{ $match: { n: { $mod: [2, 0] } } }, { $skip: 1 }, { $limit: 2 }].map(documentFrom);
    expectDocuments([...compilePipeline(pipeline, source)(endless())] as BsonDocument[], [
      { n: 2 },
      { n: 4 },
    ]);
    expect(read).toBe(5);
  });

  it('takes a sample', () => {
    expect(run([{ $sample: { size: 2 } }], rows)).toHaveLength(2);
  });

  it.each<[Document, number, string]>([
    [{ $bogus: 1 }, 40324, "Unrecognized pipeline stage name: '$bogus'"],
    [
      { $match: {}, $limit: 1 },
      40323,
      'A pipeline stage specification object must contain exactly one field.',
    ],
    [{ $out: 'x' }, 238, '$out is not supported'],
    [{ $match: 1 }, 15959, 'the match filter must be an expression in an object'],
    [{ $sort: {} }, 15976, '$sort stage must have at least one sort key'],
    [{ $limit: 0 }, 15958, 'the limit must be positive'],
    [{ $limit: 'x' }, 15957, 'the limit must be specified as a number'],
    [{ $skip: -1 }, 15956, 'Argument to $skip cannot be negative'],
    [
      { $project: {} },
      51272,
      'Invalid $project :: caused by :: projection specification must have at least one field',
    ],
    [
      { $project: { a: 1, b: 0 } },
      31254,
      'Invalid $project :: caused by :: Cannot do exclusion on field b in inclusion projection',
    ],
    [{ $addFields: 1 }, 40272, '$addFields specification stage must be an object, got int'],
    [{ $unset: 1 }, 31002, '$unset specification must be a string or an array'],
    [{ $group: { n: { $sum: 1 } } }, 15955, 'a group specification must include an _id'],
    [{ $group: { _id: 1, n: 1 } }, 40234, "The field 'n' must be an accumulator object"],
    [{ $group: { _id: 1, n: { $bogus: 1 } } }, 15952, "unknown group operator '$bogus'"],
    [{ $group: { _id: 1, 'a.b': { $sum: 1 } } }, 40235, "The field name 'a.b' cannot contain '.'"],
    [{ $count: '' }, 40156, 'the count field must be a non-empty string'],
    [{ $count: '$n' }, 40158, 'the count field cannot be a $-prefixed path'],
    [{ $unwind: 't' }, 28818, "path option to $unwind stage should be prefixed with a '$': t"],
    [
      { $replaceRoot: { newRoot: '$n' } },
      40228,
      '\'newRoot\' expression  must evaluate to an object, but resulting value was: 1. Type of resulting value: \'int\'. Input document: { _id: 1, k: "a", n: 1, t: [ "x", "y" ] }',
    ],
    [
      { $lookup: { from: 'events', as: 'e' } },
      9,
      "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified",
    ],
    [
      { $lookup: { as: 'e', pipeline: [] } },
      9,
      'missing \'from\' option to $lookup stage specification: { as: "e", pipeline: [] }',
    ],
    [{ $lookup: { from: 'x', pipeline: [] } }, 9, "must specify 'as' field for a $lookup"],
    [{ $facet: {} }, 40169, 'the $facet specification must be a non-empty object'],
  ])('%j is refused', (stage, code) => {
    expect(errorOf(() => run([stage], rows)).code).toBe(code);
  });
});

describe('$bucket', () => {
  const readings = [{ n: 1 }, { n: 2.5 }, { n: 5 }, { n: 9 }, { n: 'x' }, {}];

  it('groups by the lower boundary, in the order of the boundaries', () => {
    const bucket = { groupBy: '$n', boundaries: [0, 5, 9], default: 'other' };
    expectDocuments(run([{ $bucket: bucket }], readings), [
      { _id: 0, count: 2 },
      { _id: 5, count: 1 },
      { _id: 'other', count: 3 },
    ]);
  });

  it('computes what is asked for', () => {
    const bucket = { groupBy: '$n', boundaries: [0, 5], output: { sum: { $sum: '$n' } } };
    expectDocuments(run([{ $bucket: bucket }], [{ n: 1 }, { n: 3 }]), [{ _id: 0, sum: 4 }]);
  });

  it.each([
    [40201, 1],
    [40197, { groupBy: '$n', boundaries: [0, 1], more: 1 }],
    [40198, { groupBy: '$n' }],
    [40202, { groupBy: 'n', boundaries: [0, 1] }],
    [40200, { groupBy: '$n', boundaries: 1 }],
    [40192, { groupBy: '$n', boundaries: [0] }],
    [40193, { groupBy: '$n', boundaries: [0, 'a'] }],
    [40194, { groupBy: '$n', boundaries: [1, 1] }],
    [40199, { groupBy: '$n', boundaries: [0, 2], default: 1 }],
    [40196, { groupBy: '$n', boundaries: [0, 2], output: 1 }],
  ])('refuses what MongoDB refuses with %i', (code, bucket) => {
    expect(errorOf(() => run([{ $bucket: bucket }], [])).code).toBe(code);
  });

  it('refuses a value in no bucket where there is no default', () => {
    const bucket = { groupBy: '$n', boundaries: [0, 1] };
    expect(errorOf(() => run([{ $bucket: bucket }], [{ n: 7 }])).code).toBe(40066);
  });
});
