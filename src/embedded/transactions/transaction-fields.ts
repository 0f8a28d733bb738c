import { Binary } from 'bson';
import { CommandRequest } from '../commands/request';
import { BsonValue, isDocument, isNumber } from '../language/bson-value';
import { check } from '../language/errors';
import { toDouble } from '../language/numbers';

/** Commands that may be statements of a transaction, besides its end. */
const transactionCommands = new Set(
  'aggregate create delete distinct find findAndModify findandmodify getMore insert killCursors update'.split(
    ' ',
  ),
);
const endings = new Set(['commitTransaction', 'abortTransaction']);
const retryableCommands = new Set(['delete', 'findAndModify', 'findandmodify', 'insert', 'update']);
const systemDatabases = new Set(['admin', 'config', 'local']);

/** What the fields of a command say about its place in a session. */
export interface TransactionFields {
  /** The session's id, in hexadecimal. */
  readonly id: string;
  readonly number: number;
  /** A statement of a transaction, the first one or a later one; its commit or abort; a write that may be retried. */
  readonly kind: 'begin' | 'continue' | 'end' | 'retryable';
}

/**
 * Null for a command that is neither part of a transaction nor a retryable write.
 * @throws MongoError InvalidOptions, OperationNotSupportedInTransaction
 */
export function transactionFieldsOf({ name, db, body }: CommandRequest): TransactionFields | null {
  const given = body.get('txnNumber');
  const inTransaction = body.has('autocommit');
  const starts = body.has('startTransaction');
  if (given === undefined && !inTransaction && !starts) return null;
  const id = sessionIdOf(body.get('lsid'));
  const number = isNumber(given) ? toDouble(given) : -1;
  const isStatement = inTransaction && !endings.has(name);
  const isRight =
    number >= 0 &&
    (!inTransaction || body.get('autocommit') === false) &&
    (!starts || (inTransaction && body.get('startTransaction') === true)) &&
    !(isStatement && (body.has('writeConcern') || (!starts && body.has('readConcern'))));
  check(isRight && id !== null, 72, 'the fields of the session and its transaction do not go together');
  check(
    inTransaction || retryableCommands.has(name),
    50768,
    'txnNumber may not be provided for this command',
  );
  if (!inTransaction) return { id, number, kind: 'retryable' };
  if (!isStatement) return { id, number, kind: 'end' };
  const isAllowed = transactionCommands.has(name) && !systemDatabases.has(db);
  check(isAllowed, 263, `Cannot run ${name} on ${db} in a multi-document transaction.`);
  return { id, number, kind: starts ? 'begin' : 'continue' };
}

/** The id in `{ id: UUID }`, in hexadecimal. */
export function sessionIdOf(lsid: BsonValue | undefined): string | null {
  const id = isDocument(lsid) ? lsid.get('id') : undefined;
  return id instanceof Binary ? Buffer.from(id.buffer).toString('hex', 0, id.position) : null;
}
