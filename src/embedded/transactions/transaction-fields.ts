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
  check(!inTransaction || body.get('autocommit') === false, 72, 'autocommit may only be false');
  check(
    !starts || (inTransaction && body.get('startTransaction') === true),
    72,
    "'startTransaction' may only be true, and goes with autocommit=false",
  );
  if (given === undefined && !inTransaction) return null;
  const number = isNumber(given) ? toDouble(given) : NaN;
  const id = sessionIdOf(body.get('lsid'));
  check(
    number >= 0 && id !== null,
    72,
    'a transaction needs a txnNumber of 0 or more and the id of a session',
  );
  if (!inTransaction) {
    check(retryableCommands.has(name), 50768, 'txnNumber may not be provided for this command');
    return { id, number, kind: 'retryable' };
  }
  if (endings.has(name)) return { id, number, kind: 'end' };
  check(transactionCommands.has(name), 263, 'Cannot run this command in a multi-document transaction.');
  check(!systemDatabases.has(db), 263, `Cannot run command against the '${db}' database in a transaction.`);
  check(!body.has('writeConcern'), 72, 'writeConcern belongs to the end of a transaction');
  check(starts || !body.has('readConcern'), 72, 'readConcern belongs to the first command of a transaction');
  return { id, number, kind: starts ? 'begin' : 'continue' };
}

/** The id in `{ id: UUID }`, in hexadecimal. */
export function sessionIdOf(lsid: BsonValue | undefined): string | null {
  const id = isDocument(lsid) ? lsid.get('id') : undefined;
  return id instanceof Binary ? Buffer.from(id.buffer).toString('hex', 0, id.position) : null;
}
