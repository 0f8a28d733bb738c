import { Document, ObjectId } from 'bson';
import { filterEqualities, parseFilter } from '../../../src/embedded/language/filter';
import { compileUpdate } from '../../../src/embedded/language/update';
import { documentFrom, errorOf, expectDocument, rowsOf } from './documents';

function apply(update: Document, document: Document) {
  const before = documentFrom(document);
  const after = compileUpdate(documentFrom(update)).apply(before);
  return { document: after, modified: after !== before };
}

function insert(filter: Document, update: Document) {
  return compileUpdate(documentFrom(update)).insert(filterEqualities(parseFilter(documentFrom(filter))));
}

/** A document, an update, and the document after it; none where nothing changes. */
const cases = String.raw`
# $set and $unset
{"a": 1} | {"$set": {"z": 1, "b": 2, "a": 3}} | {"a": 3, "b": 2, "z": 1}
{} | {"$set": {"x9": 1, "x10": 1}} | {"x10": 1, "x9": 1}
{} | {"$set": {"a.b": 1, "a.a": 2}} | {"a": {"a": 2, "b": 1}}
{} | {"$set": {"a.0.b": 9}} | {"a": {"0": {"b": 9}}}
{"a": 1} | {"$set": {"a": {"$numberDouble":"1"}}} | {"a": {"$numberDouble":"1"}}
{"a": {"b": 1, "c": 2}} | {"$set": {"a": {"c": 2, "b": 1}}} | {"a": {"c": 2, "b": 1}}
{"a": {"$date":{"$numberLong":"5"}}} | {"$set": {"a": {"$date":{"$numberLong":"5"}}}} | -
{} | {"$setOnInsert": {"a": 1}} | -
{"a": 1} | {"$unset": {"a.b": 1, "c.d": 1}} | -
# $inc
{"a": 1} | {"$inc": {"a": {"$numberDouble":"0"}}} | {"a": {"$numberDouble":"1"}}
{"a": 2147483647} | {"$inc": {"a": 1}} | {"a": {"$numberLong":"2147483648"}}
{"a": 1} | {"$inc": {"a": {"$numberLong":"1"}}} | {"a": {"$numberLong":"2"}}
# $min and $max
{"a": 5, "b": 5} | {"$max": {"a": 3, "b": 7, "c": 1}} | {"a": 5, "b": 7, "c": 1}
{"a": 5} | {"$max": {"a": "x"}} | {"a": "x"}
{"a": {"$numberDecimal":"1.10"}} | {"$max": {"a": {"$numberDecimal":"1.1"}}} | -
{"a": {"$numberLong":"9007199254740993"}} | {"$min": {"a": {"$numberDouble":"9007199254740992"}}} | {"a": {"$numberDouble":"9007199254740992"}}
# replacement
{"_id": 1} | {"_id": {"$numberDouble":"1"}} | {"_id": {"$numberDouble":"1"}}
{"_id": 1, "a": 1, "b": 2} | {"b": 2, "a": 1} | {"_id": 1, "b": 2, "a": 1}
# several operators
{"_id": 1, "a": 1, "b": {"c": 1}} | {"$set": {"b.d": 2, "e": "x"}, "$inc": {"a": 2, "z": 1}, "$unset": {"b.c": ""}} | {"_id": 1, "a": 3, "b": {"d": 2}, "e": "x", "z": 1}
`;

it.each(rowsOf(cases))('an update: %s', (_title, before, update, after) => {
  const { document, modified } = apply(update, before);
  expect(modified).toBe(after !== null);
  expectDocument(document, after ?? before);
});

it('leaves the document that it was given as it was', () => {
  const before = documentFrom({ a: { b: { c: 2 } } });
  compileUpdate(documentFrom({ $set: { 'a.b.c': 3, d: 1 }, $unset: { 'a.x': 1 } })).apply(before);
  expectDocument(before, { a: { b: { c: 2 } } });
});

describe('an upsert', () => {
  const inserts = String.raw`
{"sessionId": "a"} | {"$setOnInsert": {"_id": {"$oid":"000000000000000000000001"}, "language": "en", "status": "x", "at": {"$date":{"$numberLong":"1"}}}} | {"_id": {"$oid":"000000000000000000000001"}, "sessionId": "a", "at": {"$date":{"$numberLong":"1"}}, "language": "en", "status": "x"}
{"z": 1, "b": 2, "_id": 1} | {"$set": {"a": 1}} | {"_id": 1, "b": 2, "z": 1, "a": 1}
{"a.b": 1, "_id": 1} | {"$inc": {"n": 1}} | {"_id": 1, "a": {"b": 1}, "n": 1}
{"_id": 1, "k": 2} | {"$setOnInsert": {"payload": {"a.b": 1}}} | {"_id": 1, "k": 2, "payload": {"a.b": 1}}
{"_id": 1, "a": {"$in": [5]}} | {"$max": {"t": 1}} | {"_id": 1, "a": 5, "t": 1}
`;
  it.each(rowsOf(inserts))('%s', (_title, filter, update, inserted) => {
    expectDocument(insert(filter, update), inserted);
  });

  it('makes an id where none is given, and puts it first', () => {
    const [name, value] = [...insert({ a: 1 }, { $set: { b: 1 } })][0]!;
    expect(name).toBe('_id');
    expect(value).toBeInstanceOf(ObjectId);
  });

  const refusals = String.raw`
66 | {"_id": 1} | {"_id": 2}
66 | {"_id": 1} | {"$set": {"_id": 2}}
52 | {"k": 1} | {"$setOnInsert": {"payload": {"$set": 1}}}
`;
  it.each(rowsOf(refusals))('is refused with %s', (_title, code, filter, update) => {
    expect(errorOf(() => insert(filter, update)).code).toBe(code);
  });
});

const refusals = String.raw`
9 | {"$bogus": {"a": 1}} ; {"$push": {"a": 1}} ; {"$rename": {"n": "m"}} ; {"$set": {"a": 1}, "b": 2} ; {"$set": {}} ; {"$set": 1}
56 | {"$set": {"": 1}} ; {"$set": {"a..b": 1}}
40 | {"$set": {"a": 1}, "$inc": {"a": 1}} ; {"$set": {"a": 1, "a.b": 1}}
40 | {"$set": {"a.b": 1, "a-b": 1, "a0": 1}, "$unset": {"a": 1}}
66 | {"$set": {"_id": 2}} ; {"$set": {"_id": {"a": 1}}} ; {"$unset": {"_id": 1}} ; {"_id": 2, "a": 1}
52 | {"$set": {"x": {"$y": 1}}} ; {"$set": {"x": [{"$y": 1}]}} ; {"$set": {"$x": 1}}
52 | {"a": 1, "$set": {"b": 1}} ; {"$set": {"r": {"$ref": "c", "$id": 1}}}
28 | {"$set": {"s.x": 1}} ; {"$set": {"a.x": 1}} ; {"$inc": {"n.x.y": 1}}
14 | {"$inc": {"s": 1}} ; {"$inc": {"n": "x"}}
2 | {"$inc": {"big": 1}} ; {"$inc": {"n": {"$numberLong":"9223372036854775807"}}}
238 | {"$inc": {"n": {"$numberDecimal":"1"}}}
28 | {"$set": {"a.0": 1}} ; {"$unset": {"a.0": 1}}
52 | {"$set": {"a.$": 1}} ; {"$set": {"a.$[].b": 1}} ; {"$set": {"a.$[x]": 1}}
`;
it.each(rowsOf(refusals))('an invalid update is refused with %s', (_title, code, update) => {
  const document = { _id: 1, s: 'x', n: 1, o: { p: 1 }, a: [1, { b: 1 }], big: 2n ** 63n - 1n };
  expect(errorOf(() => apply(update, document)).code).toBe(code);
});

it('refuses to replace many, and an update by a pipeline', () => {
  expect(errorOf(() => compileUpdate(documentFrom({ plain: 1 }), true)).code).toBe(9);
  expect(errorOf(() => compileUpdate([documentFrom({ $set: { a: 1 } })])).code).toBe(238);
});
