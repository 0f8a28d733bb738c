import { Document } from 'bson';
import { filterEqualities, parseFilter } from '../../../src/embedded/language/filter';
import { compileFilter } from '../../../src/embedded/language/filter-match';
import { documentFrom, errorOf, rowsOf } from './documents';

function matches(filter: Document, document: Document): boolean {
  return compileFilter(parseFilter(documentFrom(filter))).matches(documentFrom(document));
}

/** What a filter matches, and what it does not. */
const cases = String.raw`
# equality
{"a": 1} | [{"a": 1}, {"a": {"$numberDouble":"1"}}, {"a": {"$numberLong":"1"}}, {"a": [0, 1]}] | [{"a": "1"}, {}, {"a": true}]
{"a": {"$numberDecimal":"1.0"}} | [{"a": 1}, {"a": {"$numberDecimal":"1"}}] | [{"a": 1.5}]
{"a": {"$numberDouble":"NaN"}} | [{"a": {"$numberDouble":"NaN"}}, {"a": {"$numberDecimal":"NaN"}}] | [{"a": 1}, {"a": null}]
{"a": [1, 2]} | [{"a": [1, 2]}, {"a": [[1, 2], 3]}] | [{"a": [2, 1]}, {"a": [1, 2, 3]}]
{"a": {"b": 1, "c": 2}} | [{"a": {"b": 1, "c": 2}}] | [{"a": {"c": 2, "b": 1}}, {"a": {"b": 1}}]
{"a": {"$ref": "c", "$id": 1}} | [{"a": {"$ref": "c", "$id": 1}}] | [{"a": {"$ref": "c"}}]
{"a": {"$eq": {"$regularExpression":{"pattern":"x","options":""}}}} | [{"a": {"$regularExpression":{"pattern":"x","options":""}}}] | [{"a": "x"}]
{"a": {"$ne": 1}} | [{}, {"a": 2}, {"a": "1"}, {"a": []}] | [{"a": 1}, {"a": [2, 1]}]
# ranges
{"a": {"$gt": {"$numberLong":"9007199254740992"}}} | [{"a": {"$numberLong":"9007199254740993"}}] | [{"a": {"$numberDouble":"9007199254740992"}}]
{"a": {"$lte": null}} | [{}, {"a": null}] | [{"a": 0}]
{"a": {"$gt": null}} | [] | [{}, {"a": null}, {"a": 1}]
{"a": {"$lt": 1}} | [{"a": 0}, {"a": {"$numberDouble":"-Infinity"}}] | [{"a": {"$numberDouble":"NaN"}}]
{"a": {"$lte": {"$numberDouble":"NaN"}}} | [{"a": {"$numberDouble":"NaN"}}] | [{"a": 1}, {"a": {"$numberDouble":"-Infinity"}}]
{"a": {"$gt": {"$minKey":1}}} | [{"a": 1}, {"a": null}, {}] | [{"a": {"$minKey":1}}]
{"a": {"$lt": {"$maxKey":1}}} | [{"a": "x"}] | [{"a": {"$maxKey":1}}]
{"a": {"$gt": [1]}} | [{"a": [1, 0]}, {"a": [2]}, {"a": [[3]]}] | [{"a": [1]}, {"a": 5}]
# lists
{"a": {"$in": [[1, 2]]}} | [{"a": [1, 2]}, {"a": [[1, 2]]}] | [{"a": [1]}]
{"a": {"$nin": [1, null]}} | [{"a": 2}, {"a": []}] | [{}, {"a": 1}, {"a": [1, 2]}]
# logic
{"a": {"$not": {"$gt": 1, "$lt": 5}}} | [{"a": 1}, {"a": "x"}, {}] | [{"a": 3}, {"a": [0, 9]}]
{"a": {"$not": {"$regularExpression":{"pattern":"^x","options":""}}}} | [{"a": "y"}, {}] | [{"a": "x"}]
{"$comment": "why", "a": 1} | [{"a": 1}] | [{}]
# paths
{"a.0": 1} | [{"a": [1]}, {"a": {"0": 1}}, {"a": [{"0": 1}]}] | [{"a": [2, 1]}, {"a": [[1]]}]
{"a.0": [1]} | [{"a": [[1]]}] | [{"a": [1]}]
{"a.0.b": 1} | [{"a": [{"b": 1}]}, {"a": [[{"b": 1}]]}] | [{"a": [{"b": 2}, {"b": 1}]}]
{"a.b.c": {"$gt": 1}} | [{"a": [{"b": [{"c": 2}]}]}] | [{"a": [{"b": [{"c": 1}]}]}]
{"a.b": {"$exists": false}} | [{}, {"a": 1}, {"a": []}, {"a": [{"c": 1}]}] | [{"a": {"b": null}}, {"a": [{}, {"b": 1}]}]
# elements
{"a": {"$type": "array"}} | [{"a": []}, {"a": [[1]]}] | [{"a": {}}]
{"a": {"$all": [[1, 2]]}} | [{"a": [1, 2]}, {"a": [[1, 2]]}] | [{"a": [2, 1]}]
{"a": {"$all": []}} | [] | [{"a": []}, {}]
{"a": {"$all": [{"$regularExpression":{"pattern":"^x","options":""}}]}} | [{"a": ["xy"]}] | [{"a": ["y"]}]
{"a": {"$elemMatch": {"0": 1}}} | [{"a": [[1]]}] | [{"a": [1]}]
# patterns
{"a": {"$regularExpression":{"pattern":"^x","options":""}}} | [{"a": "xy"}, {"a": ["b", "x"]}, {"a": {"$regularExpression":{"pattern":"^x","options":""}}}] | [{"a": "yx"}, {"a": 1}, {"a": {"$regularExpression":{"pattern":"^x","options":"i"}}}]
{"a": {"$regex": "^b$", "$options": "m"}} | [{"a": "a\nb"}] | [{"a": "ab"}]
{"a": {"$regex": "^b$"}} | [{"a": "b\n"}] | [{"a": "b\n\n"}, {"a": "b\nb"}]
{"a": {"$regex": "a.b"}} | [{"a": "a b"}, {"a": "a😀b"}] | [{"a": "a\nb"}]
{"a": {"$regex": "a.b", "$options": "s"}} | [{"a": "a\nb"}] | [{"a": "ab"}]
{"a": {"$regularExpression":{"pattern":"é","options":"i"}}} | [{"a": "É"}] | [{"a": "e"}]
`;

it.each(rowsOf(cases))('a filter: %s', (_title, filter, matching: Document[], others: Document[]) => {
  expect(matching.filter((document) => !matches(filter, document))).toEqual([]);
  expect(others.filter((document) => matches(filter, document))).toEqual([]);
});

it('takes time in proportion to the text for a pattern that explodes elsewhere', () => {
  const text = 'a'.repeat(50_000);
  const before = process.cpuUsage();
  expect(matches({ a: /^(a+)+$/ }, { a: `${text}!` })).toBe(false);
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
});

const refusals = String.raw`
2 | {"a": {"$wrong": 1}} ; {"a": {"$gt": 1, "b": 1}} ; {"a": {"$and": []}} ; {"$wrong": 1} ; {"$gt": 1}
2 | {"$or": []} ; {"$nor": 1} ; {"$and": [1]} ; {"a": {"$in": 1}} ; {"a": {"$nin": {}}}
2 | {"a": {"$in": [{"$gt": 1}]}} ; {"a": {"$gt": {"$regularExpression":{"pattern":"x","options":""}}}}
2 | {"a": {"$ne": {"$regularExpression":{"pattern":"x","options":""}}}} ; {"a": {"$not": 1}}
2 | {"a": {"$not": {}}} ; {"a": {"$not": {"b": 1}}} ; {"a": {"$all": 1}} ; {"a": {"$all": [{"$gt": 1}]}}
2 | {"a": {"$elemMatch": 1}} ; {"a": {"$size": "x"}} ; {"a": {"$size": 1.5}} ; {"a": {"$size": -1}}
2 | {"a": {"$type": "text"}} ; {"a": {"$where": "1"}} ; {"$where": "1"} ; {"a": {"$elemMatch": {"$gt": 1}}}
2 | {"a": {"$regex": 1}} ; {"a": {"$regex": "x", "$options": 1}} ; {"a": {"$options": "i"}}
2 | {"$jsonSchema": {}} ; {"$text": {"$search": "x"}} ; {"a": {"$near": []}} ; {"a": {"$mod": [2, 0]}}
2 | {"a": {"$type": 2}} ; {"a": {"$type": ["int"]}} ; {"a": {"$type": "number"}} ; {"$alwaysTrue": 1} ; {"$expr": true}
2 | {"a": {"$regex": "x", "$options": "z"}} ; {"a": {"$regex": "x", "$options": "x"}}
2 | {"a": {"$options": "i", "$regex": {"$regularExpression":{"pattern":"x","options":"i"}}}}
51091 | {"a": {"$regex": "("}} ; {"a": {"$regex": "(?=x)"}} ; {"a": {"$regex": "(x)\\1"}}
51091 | {"a": {"$in": [1, {"$regularExpression":{"pattern":"(","options":""}}]}}
`;
it.each(rowsOf(refusals))('an invalid filter is refused with %s', (_title, code, filter) => {
  expect(errorOf(() => compileFilter(parseFilter(documentFrom(filter)))).code).toBe(code);
});

it('refuses a text that is too long for its pattern', () => {
  expect(errorOf(() => matches({ a: /(x|y)*z[0-9]{50}$/ }, { a: 'x'.repeat(1_000_000) })).code).toBe(51091);
});

describe('a parsed filter', () => {
  const parse = (filter: Document) => parseFilter(documentFrom(filter));

  it('tells which top-level fields it reads', () => {
    const fieldsOf = (filter: Document) => compileFilter(parse(filter)).fields;
    expect(fieldsOf({ 'a.b': 1, $or: [{ c: 1 }, { 'd.0': { $ne: 2 } }] })).toEqual(new Set(['a', 'c', 'd']));
  });

  it('gives an upsert the fields that it says are equal to something', () => {
    const and = [{ c: { $in: ['z'] } }, { d: { $gt: 1 } }];
    const filter = { a: 'x', b: { $eq: 'y' }, $and: and, $or: [{ e: 1 }, { e: 2 }], f: { $all: ['w'] } };
    expect(Object.fromEntries(filterEqualities(parse(filter)))).toEqual({ a: 'x', b: 'y', c: 'z', f: 'w' });
  });

  const impossible = String.raw`
54 | {"a": 1, "$and": [{"a": 2}]} ; {"a": {}, "a.b": 1} ; {"a.b": 1, "a": {"c": 1}}
`;
  it.each(rowsOf(impossible))('refuses to upsert with %s', (_title, code, filter) => {
    expect(errorOf(() => filterEqualities(parse(filter))).code).toBe(code);
  });
});
