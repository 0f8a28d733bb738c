import { BSON, Document } from 'bson';
import { BsonDocument, BsonValue } from '../../../src/embedded/language/bson-value';
import { decodeDocument, encodeDocument } from '../../../src/embedded/language/codec';
import { MongoError } from '../../../src/embedded/language/errors';
import { formatForMessage } from '../../../src/embedded/language/message-format';

/** A document as the driver sends it: whole numbers are ints, others doubles. */
export function documentFrom(fields: Document): BsonDocument {
  return decodeDocument(BSON.serialize(fields, { ignoreUndefined: false }));
}

/** A value as the driver sends it inside a document. */
export function valueFrom(value: unknown): BsonValue {
  return documentFrom({ value }).get('value')!;
}

/** Holds when the two have the same bytes; a difference is shown as text. */
export function expectDocument(actual: BsonDocument, expected: Document): void {
  const wanted = documentFrom(expected);
  expect(formatForMessage(actual)).toBe(formatForMessage(wanted));
  expect(Buffer.from(encodeDocument(actual)).toString('hex')).toBe(
    Buffer.from(encodeDocument(wanted)).toString('hex'),
  );
}

/** The code and the message of the MongoDB error that `run` throws. */
export function errorOf(run: () => unknown): { code: number; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof MongoError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('It threw nothing');
}
