import { Binary } from 'bson';
import type { CommandRequest } from '../commands/command';
import { BsonDocument, BsonNumber, BsonValue, isDocument, isNumber } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';

/** Commands that may be statements of a transaction, besides its end. */
const transactionCommands = new Set([
  'aggregate',
  'create',
  'createIndexes',
  'delete',
  'distinct',
  'find',
  'findAndModify',
  'findandmodify',
  'getMore',
  'insert',
  'killCursors',
  'update',
]);
const endings = new Set(['commitTransaction', 'abortTransaction']);
const retryableCommands = new Set(['delete', 'findAndModify', 'findandmodify', 'insert', 'update']);

/** What the fields of a command say about its place in a session. */
export interface PlaceInSession {
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
export function placeInSession({ name, db, body }: CommandRequest): PlaceInSession | null {
  const number = body.get('txnNumber');
  const starts = startsTransaction(body);
  if (number === undefined) {
    if (!body.has('autocommit')) return null;
    throw new MongoError(72, "'autocommit' field requires a transaction number to also be specified");
  }
  if (!isNumber(number)) throw new MongoError(14, 'txnNumber must be a number');
  const id = sessionId(body);
  const transaction = numberOf(number);
  if (!body.has('autocommit')) {
    if (retryableCommands.has(name)) return { id, number: transaction, kind: 'retryable', starts };
    throw new MongoError(50768, `It is illegal to provide a txnNumber for command ${name}`);
  }
  if (endings.has(name)) return { id, number: transaction, kind: 'ending', starts };
  assertAllowed(name, db, body, starts);
  return { id, number: transaction, kind: 'statement', starts };
}

function startsTransaction(body: BsonDocument): boolean {
  if (body.has('autocommit') && body.get('autocommit') !== false) {
    throw new MongoError(72, 'Specifying autocommit=true is not allowed.');
  }
  if (!body.has('startTransaction')) return false;
  if (!body.has('autocommit')) {
    throw new MongoError(72, "'startTransaction' field requires 'autocommit' field to also be specified");
  }
  if (body.get('startTransaction') !== true) {
    throw new MongoError(72, 'Specifying startTransaction=false is not allowed.');
  }
  return true;
}

function sessionId(body: BsonDocument): string {
  const id = idOfSession(body.get('lsid'));
  if (id !== null) return id;
  throw new MongoError(72, 'Transaction number requires a session ID to also be specified');
}

/** The id in an `lsid`, in hexadecimal; null where it is none. */
export function idOfSession(lsid: BsonValue | undefined): string | null {
  const id = isDocument(lsid) ? lsid.get('id') : undefined;
  return id instanceof Binary ? Buffer.from(id.buffer).toString('hex', 0, id.position) : null;
}

function numberOf(number: BsonNumber): number {
  const value = toDouble(number);
  if (value < 0) throw new MongoError(72, 'Transaction number cannot be negative');
  return value;
}

function assertAllowed(name: string, db: string, body: BsonDocument, starts: boolean): void {
  if (!transactionCommands.has(name)) {
    const advice =
      name === 'count'
        ? ' Please see http://dochub.mongodb.org/core/transaction-count for a recommended alternative.'
        : '';
    throw new MongoError(263, `Cannot run '${name}' in a multi-document transaction.${advice}`);
  }
  if (db === 'config' || db === 'admin' || db === 'local') {
    throw new MongoError(263, `Cannot run command against the '${db}' database in a transaction.`);
  }
  if (body.has('writeConcern')) {
    throw new MongoError(72, 'writeConcern is not allowed within a multi-statement transaction');
  }
  if (!starts && body.has('readConcern')) {
    throw new MongoError(72, 'Only the first command in a transaction may specify a readConcern');
  }
}
