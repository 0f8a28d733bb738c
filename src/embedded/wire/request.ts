import { Double } from 'bson';
import { CommandRequest, ConnectionState, Reply } from '../commands/request';
import { answer } from '../commands/table';
import type { Engine, EngineLog } from '../engine';
import { bson } from '../language/bson-value';
import { decodeDocument, decodeFields, ElementScanner, textAt } from '../language/codec';
import { check, MongoError, TRANSIENT_CODES } from '../language/errors';
import type { ClientMessage } from './message';

/** Commands with which a client that does not know us yet may begin, in the old message format. */
const GREETINGS: ReadonlySet<string> = new Set(['hello', 'isMaster', 'ismaster']);

/** Runs the command of a message. Never fails: an error is a reply too. */
export async function runCommand(
  message: ClientMessage,
  connection: ConnectionState,
  engine: Engine,
  log: EngineLog,
): Promise<Reply> {
  try {
    const request = toCommandRequest(message, connection);
    check(!message.isLegacy || GREETINGS.has(request.name), 352, 'OP_QUERY is taken for a greeting only');
    const reply = await answer(request, engine);
    return reply.set('ok', new Double(1));
  } catch (error) {
    return errorReply(error, log);
  }
}

/** The reply to a failed command, in the order of MongoDB's fields. */
export function errorReply(error: unknown, log: EngineLog): Reply {
  if (!(error instanceof MongoError)) {
    log('a command failed unexpectedly', error);
    return errorReply(new MongoError(1, `internal error: ${String(error)}`), log);
  }
  const { message: errmsg, code, codeName, extra } = error;
  const labels = TRANSIENT_CODES.has(code) && { errorLabels: ['TransientTransactionError'] };
  return bson({ ...labels, ok: new Double(0), errmsg, code, codeName, ...extra });
}

const ALL_BUT_DOCUMENTS = { has: (name: string) => name !== 'documents' };

/**
 * Decodes a message into a command. The documents of an insert stay as the bytes they came in, wherever they stand.
 * @throws MongoError for a command without a database, with a field sent twice, or for an insert of no documents
 */
function toCommandRequest(message: ClientMessage, connection: ConnectionState): CommandRequest {
  const { body: bytes, sequences } = message;
  const name = bytes.length <= 5 ? '' : textAt(bytes, 5, bytes.indexOf(0, 5));
  const isInsert = name === 'insert';
  const rawDocuments = isInsert ? insertedDocuments(message) : [];
  const body = isInsert ? decodeFields(bytes, ALL_BUT_DOCUMENTS) : decodeDocument(bytes);
  for (const [field, documents] of sequences) {
    check(!body.has(field), 9, `Field '${field}' was sent twice`);
    if (!isInsert || field !== 'documents') body.set(field, documents.map(decodeDocument));
  }
  const db = message.isLegacy ? 'admin' : body.get('$db');
  if (typeof db !== 'string') throw new MongoError(40571, 'OP_MSG requests require a $db argument');
  return { name, db, body, rawDocuments, connection, transaction: null, results: null };
}

const DOCUMENT = 3;
const ARRAY = 4;
const NO_DOCUMENTS = "BSON field 'insert.documents' must be an array of objects";

function insertedDocuments({ body, sequences }: ClientMessage): readonly Uint8Array[] {
  let documents = sequences.get('documents');
  const fields = new ElementScanner(body);
  while (fields.next()) {
    if (fields.name !== 'documents') continue;
    check(!documents, 9, "Field 'documents' was sent twice");
    check(fields.type === ARRAY, 14, NO_DOCUMENTS);
    documents = [];
    const elements = new ElementScanner(body, fields.valueStart);
    while (elements.next()) {
      check(elements.type === DOCUMENT, 14, NO_DOCUMENTS);
      documents.push(body.subarray(elements.valueStart, elements.valueEnd));
    }
  }
  check(documents !== undefined, 40414, "BSON field 'insert.documents' is missing but a required field");
  return documents;
}
