import { Decimal128, Document, Double, Long, ObjectId } from 'bson';
import { compilePipeline } from '../../../src/embedded/language/aggregate';
import { BsonDocument } from '../../../src/embedded/language/bson-value';
import { compileExpression } from '../../../src/embedded/language/expression';
import { Limits } from '../../../src/embedded/language/aggregate-group';
import { scopeOf } from '../../../src/embedded/language/evaluation';
import { documentFrom, errorOf, expectDocument, rowsOf, valueFrom } from './documents';

const limits: Limits = { pauses: () => false, takeMemory: () => undefined };

function run(pipeline: Document[], documents: Document[]): BsonDocument[] {
  const made = compilePipeline(pipeline.map(documentFrom), limits)(documents.map(documentFrom));
  return [...made].filter((document) => document !== null);
}

const at = new Date('2026-01-02T03:04:05.678Z');
const row = documentFrom({
  i: 5,
  d: new Double(2),
  l: Long.fromNumber(7),
  x: Decimal128.fromString('0.5'),
  s: 'Hey',
  at,
  id: new ObjectId('0123456789abcdef01234567'),
  o: { k: 1 },
  a: [1, new Double(2), 'x'],
  docs: [{ v: 1 }, { v: 2 }, {}],
  n: null,
});

/** An expression on `row`, and its value. */
const expressions = String.raw`
"$docs.v" | [1, 2]
{"a": "$i", "b": "$missing", "c": {"d": "$s"}} | {"a": 5, "c": {"d": "Hey"}}
{"$literal": "$i"} | "$i"
{"$let": {"vars": {"v": {"$add": ["$i", 1]}}, "in": {"$multiply": ["$$v", 2]}}} | 12
{"$lt": ["$missing", null]} | true
{"$eq": ["$missing", null]} | false
{"$cond": [{"$eq": ["$s", "Hey"]}, "yes", "no"]} | "yes"
{"$ifNull": ["$n", "none"]} | "none"
{"$switch": {"branches": [{"case": "$n", "then": 1}, {"case": "$i", "then": 2}], "default": 3}} | 2
{"$add": ["$i", "$d"]} | {"$numberDouble":"7"}
{"$add": [2147483647, 1]} | {"$numberLong":"2147483648"}
{"$add": [{"$numberLong":"9223372036854775807"}, 1]} | {"$numberDouble":"9223372036854776000"}
{"$add": ["$at", 1000]} | {"$date":{"$numberLong":"1767323046678"}}
{"$add": ["$i", "$n"]} | null
{"$subtract": ["$at", {"$date":{"$numberLong":"1767323045673"}}]} | {"$numberLong":"5"}
{"$subtract": [{"$date":{"$numberLong":"-5000000000"}}, {"$date":{"$numberLong":"0"}}]} | {"$numberLong":"-5000000000"}
{"$divide": ["$l", 2]} | {"$numberDouble":"3.5"}
{"$floor": {"$divide": [{"$ln": {"$add": ["$i", 1]}}, 0.5]}} | {"$numberDouble":"3"}
{"$toDouble": "$l"} | {"$numberDouble":"7"}
{"$ln": "$n"} | null
{"$size": "$a"} | 3
{"$arrayElemAt": ["$a", -1]} | "x"
{"$arrayElemAt": ["$a", 9]} | -
{"$in": [2, "$a"]} | true
{"$map": {"input": "$docs", "as": "e", "in": {"$add": ["$$e.v", 1]}}} | [2, 3, null]
{"$filter": {"input": "$docs", "as": "e", "cond": {"$gt": ["$$e.v", 1]}}} | [{"v": 2}]
{"$objectToArray": "$o"} | [{"k": "k", "v": 1}]
{"$indexOfBytes": ["ßy", "y"]} | 2
{"$type": "$missing"} | "missing"
{"$and": ["$i", {"$or": [false, "$s"]}, {"$not": "$n"}]} | true
{"$and": [false, {"$divide": [1, 0]}]} | false
[{"$and": []}, {"$or": []}, {"$not": [0]}] | [true, false, true]
{"$cond": {"if": "$missing", "then": {"$divide": [1, 0]}, "else": "$i"}} | 5
["$i", {"$toString": "$l"}, {"$toString": "$id"}, {"$toString": true}, {"$toString": "$n"}] | [5, "7", "0123456789abcdef01234567", "true", null]
{"$toString": "$at"} | "2026-01-02T03:04:05.678Z"
[{"$dayOfMonth": "$at"}, {"$hour": "$at"}] | [2, 3]
{"$add": [{"$multiply": [{"$year": "$at"}, 12]}, {"$month": "$at"}]} | 24313
`;
it.each(rowsOf(expressions))('an expression: %s', (_title, expression, value) => {
  const actual = compileExpression(valueFrom(expression))(scopeOf(row));
  expectDocument(
    new Map(actual === undefined ? [] : [['value', actual]]),
    value === null && actual === undefined ? {} : { value },
  );
});

const refusedExpressions = String.raw`
168 | {"$bogus": 1} ; {"$function": {}} ; {"$sum": "$a"} ; {"$add": [{"$range": [0, 1]}]} ; {"$concat": ["a"]} ; {"$mod": [7, 4]}
16020 | {"$eq": [1]} ; {"$cond": [1]} ; {"$cond": [1, 2, 3, 4]} ; {"$not": [1, 2]} ; {"$floor": [1, 2]}
17276 | "$$nope"
17124 | {"$size": "$missing"}
16554 | {"$add": ["$s"]}
16609 | {"$subtract": ["$at", "$s"]} ; {"$add": ["$at", "$at"]}
28691 | {"$arrayElemAt": ["$a", 0.5]}
238 | {"$add": ["$at", {"$numberDouble":"NaN"}]} ; {"$divide": ["$x", 2]} ; {"$floor": "$x"} ; {"$toString": "$d"} ; {"$add": ["$i", "$x"]}
16608 | {"$divide": [1, 0]}
28766 | {"$ln": 0}
40081 | {"$in": [1, "$s"]}
16879 | {"$cond": {"if": 1, "then": 2}} ; {"$switch": {"branches": [{"case": false, "then": 1}]}}
16006 | {"$month": {"date": "$at", "timezone": "Europe/Berlin"}}
`;
it.each(rowsOf(refusedExpressions))('an expression is refused with %s', (_title, code, expression) => {
  expect(errorOf(() => compileExpression(valueFrom(expression))(scopeOf(row))).code).toBe(code);
});

it('refuses expressions that go through too many elements', () => {
  const input = { $literal: Array.from({ length: 1000 }, (_, i) => i) };
  const expression = compileExpression(valueFrom({ $map: { input, as: 'e', in: { $size: input } } }));
  expect(errorOf(() => expression(scopeOf(row))).code).toBe(146);
});

const rows = [
  { _id: 1, k: 'a', n: 1, t: ['x', 'y'] },
  { _id: 2, k: 'b', n: new Double(2), t: [] },
  { _id: 3, k: 'a', n: 3 },
];

/** Stages, and what they make of `rows`. */
const pipelines = String.raw`
[{"$sort": {"k": -1, "n": 1}}, {"$skip": 1}, {"$limit": 1}, {"$project": {"_id": 1}}] | [{"_id": 1}]
[{"$addFields": {"n": "$k", "m": {"$add": ["$n", 1]}}}, {"$project": {"t": 0, "k": 0}}, {"$limit": 1}] | [{"_id": 1, "n": "a", "m": 2}]
[{"$set": {"o": {"$literal": {"p": 1}}, "k": "$none"}}, {"$match": {"_id": 3}}] | [{"_id": 3, "n": 3, "o": {"p": 1}}]
[{"$group": {"_id": "$k", "n": {"$sum": 1}, "all": {"$push": "$n"}, "most": {"$max": "$n"}, "mean": {"$avg": "$n"}}}, {"$sort": {"_id": 1}}] | [{"_id": "a", "n": 2, "all": [1, 3], "most": 3, "mean": {"$numberDouble":"2"}}, {"_id": "b", "n": 1, "all": [{"$numberDouble":"2"}], "most": {"$numberDouble":"2"}, "mean": {"$numberDouble":"2"}}]
[{"$group": {"_id": null, "total": {"$sum": "$n"}, "least": {"$min": "$n"}, "first": {"$first": "$k"}, "last": {"$last": "$zz"}}}] | [{"_id": null, "total": {"$numberDouble":"6"}, "least": 1, "first": "a", "last": null}]
[{"$group": {"_id": {"k": "$k", "o": {"half": {"$divide": [4, 2]}, "zz": "$zz"}}}}, {"$sort": {"_id": 1}}] | [{"_id": {"k": "a", "o": {"half": {"$numberDouble":"2"}}}}, {"_id": {"k": "b", "o": {"half": {"$numberDouble":"2"}}}}]
[{"$group": {"_id": null, "n": {"$sum": {"$cond": [{"$eq": ["$_id", 2]}, 1, {"$cond": ["$t", 1e16, -1e16]}]}}}}] | [{"_id": null, "n": {"$numberDouble":"1"}}]
[{"$match": {"_id": 99}}, {"$group": {"_id": null}}] | []
[{"$unwind": "$t"}, {"$project": {"t": 1}}] | [{"_id": 1, "t": "x"}, {"_id": 1, "t": "y"}]
[{"$project": {"o": {"$cond": [true, {"t": "$t"}, 1]}}}, {"$unwind": "$o.t"}, {"$limit": 1}] | [{"_id": 1, "o": {"t": "x"}}]
[{"$unset": ["t", "k"]}, {"$limit": 1}, {"$unset": "n"}] | [{"_id": 1}]
[{"$replaceRoot": {"newRoot": {"m": "$n"}}}, {"$limit": 1}, {"$replaceWith": {"o": "$$ROOT"}}] | [{"o": {"m": 1}}]
[{"$sortByCount": "$k"}] | [{"_id": "a", "count": 2}, {"_id": "b", "count": 1}]
[{"$group": {"_id": null, "k": {"$addToSet": "$k"}, "t": {"$addToSet": "$zz"}}}] | [{"_id": null, "k": ["a", "b"], "t": []}]
[{"$project": {"d": [{"t": "$t"}]}}, {"$unwind": "$d.t"}] | []
`;
it.each(rowsOf(pipelines))('a pipeline: %s', (_title, pipeline, result: Document[]) => {
  const made = run(pipeline, rows);
  expect(made).toHaveLength(result.length);
  for (const [index, document] of made.entries()) expectDocument(document, result[index]!);
});

it('reads no more documents than it needs', () => {
  let read = 0;
  function* endless() {
    for (;;) yield documentFrom({ n: read++ });
  }
  const pipeline = [{ $match: { n: { $nin: [1, 3] } } }, { $skip: 1 }, { $limit: 2 }].map(documentFrom);
  expect([...compilePipeline(pipeline, limits)(endless())]).toEqual([
    documentFrom({ n: 2 }),
    documentFrom({ n: 4 }),
  ]);
  expect(read).toBe(5);
});

it('groups equal numbers of any type together, and keeps apart what is not equal', () => {
  const same = [1, new Double(1), Long.ONE, Decimal128.fromString('1.0')];
  const documents = [...same, '1', '\x001', true, null, at].map((v): Document => ({ v }));
  const groups = run([{ $group: { _id: '$v', n: { $sum: 1 } } }], [...documents, {}]);
  expect(groups.map((group) => Number(group.get('n')))).toEqual([4, 1, 1, 1, 2, 1]);
});

const refusedStages = String.raw`
40324 | {"$unionWith": {"coll": "c", "pipeline": []}} ; {"$bogus": 1} ; {"$out": "x"} ; {"$facet": {}}
40228 | {"$replaceRoot": {"newRoot": "$n"}} ; {"$replaceWith": "$none"}
40229 | {"$replaceRoot": 1}
40414 | {"$replaceRoot": {}}
40415 | {"$replaceRoot": {"newRoot": "$o", "x": 1}}
40147 | {"$sortByCount": {"k": 1}}
40148 | {"$sortByCount": "k"}
40149 | {"$sortByCount": 1}
31002 | {"$unset": 1}
31119 | {"$unset": []}
31120 | {"$unset": ["a", 1]}
31250 | {"$unset": ["a", "a"]}
15959 | {"$match": 1}
15958 | {"$limit": 0} ; {"$limit": "x"}
15956 | {"$skip": -1}
40177 | {"$sort": {}} ; {"$project": {}} ; {"$addFields": 1}
28746 | {"$sample": {"size": 1, "seed": 2}}
15955 | {"$group": {"n": {"$sum": 1}}}
40234 | {"$group": {"_id": 1, "n": 1}}
15952 | {"$group": {"_id": 1, "n": {"$bogus": 1}}}
40234 | {"$group": {"_id": 1, "a.b": {"$sum": 1}}} ; {"$count": "$n"}
238 | {"$unwind": {"path": "$t", "includeArrayIndex": "i"}} ; {"$set": {"o.p": 1}}
28818 | {"$unwind": "t"} ; {"$unwind": {"path": 1}}
`;
it.each(rowsOf(refusedStages))('a stage is refused with %s', (_title, code, stage) => {
  expect(errorOf(() => run([stage], rows)).code).toBe(code);
});
