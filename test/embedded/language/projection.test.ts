import { decodeDocument, encodeDocument } from '../../../src/embedded/language/codec';
import { compileProjection } from '../../../src/embedded/language/projection';
import { documentFrom, errorOf, expectDocument, rowsOf } from './documents';

/** A projection, and what it makes of `stored`. */
const stored = {
  _id: 1,
  a: 1,
  b: { c: 2, d: 3 },
  e: [1, 2, 3, 4],
  f: [{ g: 1, h: 2 }, { g: 3 }, 5, [{ g: 6, h: 7 }]],
};
const cases = String.raw`
{} | {"_id": 1, "a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2, 3, 4], "f": [{"g": 1, "h": 2}, {"g": 3}, 5, [{"g": 6, "h": 7}]]}
{"_id": 0} | {"a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2, 3, 4], "f": [{"g": 1, "h": 2}, {"g": 3}, 5, [{"g": 6, "h": 7}]]}
{"_id": 1, "a": 0} | {"_id": 1, "b": {"c": 2, "d": 3}, "e": [1, 2, 3, 4], "f": [{"g": 1, "h": 2}, {"g": 3}, 5, [{"g": 6, "h": 7}]]}
{"e": 1, "a": 1, "x": 1} | {"_id": 1, "a": 1, "e": [1, 2, 3, 4]}
{"b.c": 1, "b.d": 1} | {"_id": 1, "b": {"c": 2, "d": 3}}
{"b.c": 0, "e": 0, "f": 0} | {"_id": 1, "a": 1, "b": {"d": 3}}
{"a.x": 1} | {"_id": 1}
{"f.g": 0, "e": 0} | {"_id": 1, "a": 1, "b": {"c": 2, "d": 3}, "f": [{"h": 2}, {}, 5, [{"h": 7}]]}
{"e": {"$slice": 2}, "f": 0} | {"_id": 1, "a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2]}
{"e": {"$slice": -1}, "_id": 1} | {"_id": 1, "e": [4]}
{"a": 1, "sum": {"$add": ["$a", "$b.c"]}, "text": "x", "none": "$zz"} | {"_id": 1, "a": 1, "sum": 3, "text": "x"}
`;

it.each(rowsOf(cases))('a projection: %s', (_title, spec, projected) => {
  const { apply, applyToBytes } = compileProjection(documentFrom(spec));
  const whole = documentFrom(stored);
  expectDocument(apply(whole), projected);
  expectDocument(decodeDocument(applyToBytes(encodeDocument(whole))), projected);
});

const refusals = String.raw`
31254 | {"a": 1, "b": 0}
31253 | {"a": 0, "b": 1}
31310 | {"a": 0, "b": "x"}
31252 | {"a": 0, "b": {"$add": [1]}}
31249 | {"a": 1, "a.b": 1}
31250 | {"a.b": 1, "a": 1}
168 | {"a": {"$bogus": 1}} ; {"a": {"$elemMatch": {"b": 1}}} ; {"a": {"$slice": [1, 2]}}
238 | {"n.m": "$a"} ; {"n": {"m": "$a"}}
15998 | {"": 1} ; {"a.": 1} ; {"a..b": 1}
15998 | {"$a": 1} ; {"a.$": 1}
`;
it.each(rowsOf(refusals))('an invalid projection is refused with %s', (_title, code, spec) => {
  expect(errorOf(() => compileProjection(documentFrom(spec))).code).toBe(code);
});
