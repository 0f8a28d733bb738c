import { onDemand } from 'bson';
import type { CommandRequest, ConnectionState } from '../commands/command';
import type { BsonDocument } from '../language/bson-value';
import { decodeDocument } from '../language/codec';
import { MongoError } from '../language/errors';
import type { ClientMessage } from './message';

const DOCUMENT = 3;
const ARRAY = 4;

/**
 * Decodes a message into a command. The documents of an insert stay as the bytes they came in, wherever they stand.
 * @throws MongoError for a command without a database or with a field sent twice
 */
export function toCommandRequest(message: ClientMessage, connection: ConnectionState): CommandRequest {
  const name = firstFieldName(message.body);
  const rawDocuments: Uint8Array[] = [];
  const bytes = name === 'insert' ? takeDocuments(message.body, rawDocuments) : message.body;
  const body = decodeDocument(bytes);
  for (const sequence of message.sequences) {
    if (body.has(sequence.name)) throw new MongoError(9, `Field '${sequence.name}' was sent twice`);
    if (name === 'insert' && sequence.name === 'documents') rawDocuments.push(...sequence.documents);
    else body.set(sequence.name, sequence.documents.map(decodeDocument));
  }
  return { name, db: databaseOf(message, body), body, rawDocuments, connection };
}

function firstFieldName(body: Buffer): string {
  return body.length <= 5 ? '' : body.toString('utf8', 5, body.indexOf(0, 5));
}

function databaseOf(message: ClientMessage, body: BsonDocument): string {
  if (message.namespace !== null) return message.namespace.split('.', 1)[0]!;
  const db = body.get('$db');
  if (typeof db !== 'string') throw new MongoError(40571, 'OP_MSG requests require a $db argument');
  return db;
}

/** Moves the elements of `documents` into `into`; returns the body without that field. */
function takeDocuments(body: Buffer, into: Uint8Array[]): Uint8Array {
  for (const [type, nameOffset, nameLength, offset, length] of onDemand.parseToElements(body)) {
    if (type !== ARRAY || body.toString('latin1', nameOffset, nameOffset + nameLength) !== 'documents')
      continue;
    readDocuments(body.subarray(offset, offset + length), into);
    const rest = Buffer.concat([body.subarray(0, nameOffset - 1), body.subarray(offset + length)]);
    rest.writeInt32LE(rest.length, 0);
    return rest;
  }
  return body;
}

function readDocuments(array: Buffer, into: Uint8Array[]): void {
  for (const [type, , , offset, length] of onDemand.parseToElements(array)) {
    if (type !== DOCUMENT) {
      throw new MongoError(
        14,
        `BSON field 'insert.documents.${into.length}' is the wrong type, expected type 'object'`,
      );
    }
    into.push(array.subarray(offset, offset + length));
  }
}
