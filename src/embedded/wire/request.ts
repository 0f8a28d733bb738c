import { Double, Int32, onDemand } from 'bson';
import { CommandRequest, ConnectionState, Reply } from '../commands/request';
import { commands } from '../commands/table';
import type { Engine, EngineLog } from '../engine';
import { BsonDocument, typeName } from '../language/bson-value';
import { decodeDocument, decodeFields } from '../language/codec';
import { MongoError } from '../language/errors';
import type { ClientMessage } from './message';

/** Commands with which a client that does not know us yet may begin, in the old message format. */
const GREETINGS: ReadonlySet<string> = new Set(['hello', 'isMaster', 'ismaster']);

/**
 * Runs the command of a message. Never throws or rejects: an error is a reply too. Answers at once where the command
 * does, so that a command which waits for nothing costs no promise.
 */
export function runCommand(
  message: ClientMessage,
  connection: ConnectionState,
  engine: Engine,
  log: EngineLog,
): Reply | Promise<Reply> {
  const failed = (error: unknown) => errorReply(error, log);
  try {
    const request = toCommandRequest(message, connection);
    if (message.namespace !== null && !GREETINGS.has(request.name)) {
      throw new MongoError(
        352,
        `Unsupported OP_QUERY command: ${request.name}. The client driver may require an upgrade.`,
      );
    }
    const command = commands.get(request.name);
    if (!command) throw new MongoError(59, `no such command: '${request.name}'`);
    const reply = command(request, engine);
    return reply instanceof Promise ? reply.then(succeeded, failed) : succeeded(reply);
  } catch (error) {
    return failed(error);
  }
}

/** The reply to a failed command, in the order of MongoDB's fields. */
export function errorReply(error: unknown, log: EngineLog): Reply {
  if (!(error instanceof MongoError)) {
    log.error('a command failed unexpectedly', error);
    return errorReply(new MongoError(1, `internal error: ${String(error)}`), log);
  }
  const reply: Reply = new Map();
  if (error.labels.length > 0) reply.set('errorLabels', error.labels);
  reply.set('ok', new Double(0));
  reply.set('errmsg', error.message);
  reply.set('code', new Int32(error.code));
  reply.set('codeName', error.codeName);
  for (const [name, value] of error.extra ?? []) reply.set(name, value);
  return reply;
}

function succeeded(reply: Reply): Reply {
  return reply.set('ok', new Double(1));
}

const DOCUMENT = 3;
const ARRAY = 4;

/** A command's body without the documents that it inserts, and these. */
interface InsertParts {
  readonly body: Uint8Array;
  readonly documents: readonly Uint8Array[];
}

/**
 * Decodes a message into a command. The documents of an insert stay as the bytes they came in, wherever they stand.
 * @throws MongoError for a command without a database, with a field sent twice, or for an insert of no documents
 */
export function toCommandRequest(message: ClientMessage, connection: ConnectionState): CommandRequest {
  const name = firstFieldName(message.body);
  const { body: bytes, documents } =
    name === 'insert' ? insertParts(message) : { body: message.body, documents: [] };
  const body = decodeDocument(bytes);
  for (const sequence of message.sequences) {
    if (name === 'insert' && sequence.name === 'documents') continue;
    if (body.has(sequence.name)) throw new MongoError(9, `Field '${sequence.name}' was sent twice`);
    body.set(sequence.name, sequence.documents.map(decodeDocument));
  }
  return { name, db: databaseOf(message, body), body, rawDocuments: documents, connection };
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

function insertParts({ body, sequences }: ClientMessage): InsertParts {
  const beside = sequences.find(({ name }) => name === 'documents');
  const inside = cutDocuments(body);
  if (beside && inside) throw new MongoError(9, "Field 'documents' was sent twice");
  if (beside) return { body, documents: beside.documents };
  if (inside) return inside;
  throw new MongoError(40414, "BSON field 'insert.documents' is missing but a required field");
}

/** Null where the body has no documents. */
function cutDocuments(body: Buffer): InsertParts | null {
  for (const [type, nameOffset, nameLength, offset, length] of onDemand.parseToElements(body)) {
    if (body.toString('latin1', nameOffset, nameOffset + nameLength) !== 'documents') continue;
    if (type !== ARRAY) throw wrongType('documents', typeNameOf(body, 'documents'), 'array');
    const documents = elementsOf(body.subarray(offset, offset + length));
    const rest = Buffer.concat([body.subarray(0, nameOffset - 1), body.subarray(offset + length)]);
    rest.writeInt32LE(rest.length, 0);
    return { body: rest, documents };
  }
  return null;
}

function elementsOf(array: Buffer): Uint8Array[] {
  const documents: Uint8Array[] = [];
  for (const [type, nameOffset, nameLength, offset, length] of onDemand.parseToElements(array)) {
    if (type !== DOCUMENT) {
      const name = array.toString('latin1', nameOffset, nameOffset + nameLength);
      throw wrongType(`documents.${documents.length}`, typeNameOf(array, name), 'object');
    }
    documents.push(array.subarray(offset, offset + length));
  }
  return documents;
}

function typeNameOf(holder: Buffer, field: string): string {
  return typeName(decodeFields(holder, new Set([field])).get(field)!);
}

function wrongType(field: string, type: string, expected: string): MongoError {
  return new MongoError(
    14,
    `BSON field 'insert.${field}' is the wrong type '${type}', expected type '${expected}'`,
  );
}
