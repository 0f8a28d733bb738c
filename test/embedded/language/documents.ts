import { BSON, Document, EJSON } from 'bson';
import { BsonDocument, BsonValue } from '../../../src/embedded/language/bson-value';
import { decodeDocument, encodeDocument } from '../../../src/embedded/language/codec';
import { MongoError, formatForMessage } from '../../../src/embedded/language/errors';

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

/** The MongoDB error that `run` throws. */
export function errorOf(run: () => unknown): MongoError {
  try {
    run();
  } catch (error) {
    if (error instanceof MongoError) return error;
    throw error;
  }
  throw new Error('It threw nothing');
}

/**
 * The rows of a table: cells of Extended JSON with ` | ` in between, `-` for a cell that is empty. Several rows that have
 * the first cell in common stand in one line, with ` ; ` in between. A line that begins with `#` names the rows below it.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function rowsOf(table: string): [title: string, ...cells: any[]][] {
  let topic = '';
  const rows: [string, ...unknown[]][] = [];
  for (const line of table.trim().split('\n')) {
    if (line.startsWith('# ')) {
      topic = line.slice(2);
      continue;
    }
    const [first, ...others] = line.split(' | ');
    for (const rest of others.join(' | ').split(' ; ')) {
      const cells = [first!, ...rest.split(' | ')];
      rows.push([
        `${topic}: ${cells.join(' | ')}`,
        ...cells.map((cell) => (cell === '-' ? null : typed(JSON.parse(cell)))),
      ]);
    }
  }
  return rows;
}

const SCALARS = /^\$(numberDouble|numberLong|numberDecimal|date|oid|minKey|maxKey|regularExpression)$/;

/** Extended JSON, in which `$regex` and `$ref` are what filters and documents make of them. */
function typed(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(typed);
  if (typeof json !== 'object' || json === null) return json;
  if (SCALARS.test(Object.keys(json)[0] ?? '')) return EJSON.deserialize(json, { relaxed: false });
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, typed(value)]));
}
