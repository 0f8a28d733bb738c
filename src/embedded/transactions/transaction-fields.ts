import { Binary } from 'bson';
import { CommandRequest } from '../commands/request';
import { BsonDocument, BsonValue, isDocument, isNumber } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';

/** Commands that may be statements of a transaction, besides its end. */
const transactionCommands = new Set(
  'aggregate create createIndexes delete distinct find findAndModify findandmodify getMore insert killCursors update'.split(
    ' ',
  ),
);
const endings = new Set(['commitTransaction', 'abortTransaction']);
const retryableCommands = new Set(['delete', 'findAndModify', 'findandmodify', 'insert', 'update']);

/** What the fields of a command say about its place in a session. */
export interface TransactionFields {
  /** The session's id, in hexadecimal. */
  readonly id: string;
  readonly number: number;
  readonly kind: 'statement' | 'ending' | 'retryable';
  /** Whether the statement is the first one of its transaction. */
  readonly starts: boolean;
}

/**
 * Null for a command that is neither part of a transaction nor a retryable write.
 * @throws MongoError InvalidOptions, OperationNotSupportedInTransaction
 */
export function transactionFieldsOf({ name, db, body }: CommandRequest): TransactionFields | null {
  const given = body.get('txnNumber');
  const inTransaction = body.has('autocommit');
  const starts = body.has('startTransaction');
  if (inTransaction && body.get('autocommit') !== false) throw invalid('autocommit may only be false');
  if (starts && (!inTransaction || body.get('startTransaction') !== true)) {
    throw invalid("'startTransaction' may only be true, and goes with autocommit=false");
  }
  if (given === undefined) {
    if (!inTransaction) return null;
    throw invalid("'autocommit' needs a txnNumber");
  }
  const number = isNumber(given) ? toDouble(given) : NaN;
  if (!(number >= 0)) throw invalid('txnNumber must be a number of 0 or more');
  const id = sessionIdOf(body.get('lsid'));
  if (id === null) throw invalid('txnNumber needs the id of a session');
  if (!inTransaction) {
    if (retryableCommands.has(name)) return { id, number, kind: 'retryable', starts };
    throw new MongoError(50768, `txnNumber may not be provided for command ${name}`);
  }
  if (endings.has(name)) return { id, number, kind: 'ending', starts };
  assertAllowed(name, db, body, starts);
  return { id, number, kind: 'statement', starts };
}

/** The id in `{ id: UUID }`, in hexadecimal. */
export function sessionIdOf(lsid: BsonValue | undefined): string | null {
  const id = isDocument(lsid) ? lsid.get('id') : undefined;
  return id instanceof Binary ? Buffer.from(id.buffer).toString('hex', 0, id.position) : null;
}

function assertAllowed(name: string, db: string, body: BsonDocument, starts: boolean): void {
  if (!transactionCommands.has(name)) {
    throw new MongoError(263, `Cannot run '${name}' in a multi-document transaction.`);
  }
  if (db === 'config' || db === 'admin' || db === 'local') {
    throw new MongoError(263, `Cannot run command against the '${db}' database in a transaction.`);
  }
  if (body.has('writeConcern')) throw invalid('writeConcern belongs to the end of a transaction');
  if (!starts && body.has('readConcern'))
    throw invalid('readConcern belongs to the first command of a transaction');
}

function invalid(message: string): MongoError {
  return new MongoError(72, message);
}
