import { Int32 } from 'bson';
import fc from 'fast-check';
import { BsonDocument, BsonValue } from '../../../src/embedded/language/bson-value';
import {
  decodeDocument,
  decodeFields,
  encodeDocument,
  patchDocument,
} from '../../../src/embedded/language/codec';
import { MongoError } from '../../../src/embedded/language/errors';
import { compileUpdate } from '../../../src/embedded/language/update';
import { anyDocument, anyValue } from './arbitraries';

// Few names, so that updates meet fields, fields inside of fields, and what is not there.
const name = fc.constantFrom('a', 'b', 'c', 'd', 'é');
const path = fc.oneof(
  { weight: 3, arbitrary: name },
  fc.tuple(name, fc.constantFrom('x', 'y', '0')).map((names) => names.join('.')),
);
const number = fc.integer({ min: -3, max: 3 }).map((value) => new Int32(value));
const inner = fc.oneof(
  anyValue,
  number,
  fc.array(number, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('x', 'y', '0'), number).map((fields) => new Map(Object.entries(fields))),
);

const stored = fc
  .tuple(fc.uniqueArray(fc.tuple(name, inner), { selector: ([key]) => key }), anyDocument, number)
  .map(
    ([fields, others, id]): BsonDocument => new Map<string, BsonValue>([['_id', id], ...others, ...fields]),
  );

const operation = fc.oneof(
  fc.tuple(fc.constantFrom('$set', '$min', '$max', '$setOnInsert'), path, inner),
  fc.tuple(fc.constantFrom('$inc', '$unset'), path, number),
);
const update = fc.array(operation, { minLength: 1, maxLength: 4 }).map((operations): BsonDocument => {
  const document: BsonDocument = new Map();
  for (const [operator, field, operand] of operations) {
    const fields = (document.get(operator) ?? new Map()) as BsonDocument;
    document.set(operator, fields.set(field, operand));
  }
  return document;
});

/** What it gives, or the error it ends with. */
function outcome<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof MongoError)) throw error;
    return error.message;
  }
}

it('makes of the fields that an update speaks of what it makes of the whole document', () => {
  let changed = 0;
  fc.assert(
    fc.property(stored, update, (document, spec) => {
      const compiled = outcome(() => compileUpdate(spec));
      fc.pre(typeof compiled !== 'string');
      const bytes = encodeDocument(document);
      const whole = outcome(() => {
        const before = decodeDocument(bytes);
        const after = compiled.apply(before);
        return after === before ? null : Buffer.from(encodeDocument(after));
      });
      const partial = outcome(() => {
        const before = decodeFields(bytes, compiled.fields!);
        const after = compiled.apply(before);
        return after === before ? null : Buffer.from(patchDocument(bytes, before, after));
      });
      expect(partial).toEqual(whole);
      if (Buffer.isBuffer(whole)) changed += 1;
    }),
    { numRuns: 300 },
  );
  expect(changed).toBeGreaterThan(50);
});
