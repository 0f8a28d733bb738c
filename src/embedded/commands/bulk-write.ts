import { Int32 } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument, BsonValue, documentOf, isNumber } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';
import { WriteScope } from '../storage/write-scope';
import type { CommandRequest, Reply } from './command';

/** What one statement of an insert, update or delete has done. */
export interface StatementOutcome {
  /** Documents inserted, matched or deleted; an upserted one counts. */
  readonly n: number;
  readonly modified?: number;
  /** The `_id` of a document that the statement upserted. */
  readonly upserted?: BsonValue;
}

/** What all statements of a command have done so far. */
interface Totals {
  readonly upserted: BsonDocument[];
  readonly writeErrors: BsonDocument[];
  n: number;
  modified: number;
}

/** A statement: throws MongoError when it is refused, and must not have changed anything then. */
type Perform = (scope: WriteScope, index: number) => StatementOutcome;

const mostStatements = 100_000;

/**
 * Runs the statements of an insert, update or delete in order, each by itself: outside a transaction one that is
 * refused leaves the others standing; within one, everything ends. Statements of a retryable write that have been done
 * are not done again.
 */
export async function runBulk(
  request: CommandRequest,
  engine: Engine,
  { count, ordered, perform }: { count: number; ordered: boolean; perform: Perform },
): Promise<Totals> {
  if (count < 1 || count > mostStatements) {
    throw new MongoError(
      16,
      `Write batch sizes must be between 1 and ${mostStatements}. Got ${count} operations.`,
    );
  }
  const done = engine.sessions.resultsOf(request) as Map<number, StatementOutcome> | null;
  const inTransaction = engine.sessions.transactionOf(request) !== null;
  const fresh = new Map<number, StatementOutcome>();
  const totals: Totals = { upserted: [], writeErrors: [], n: 0, modified: 0 };
  // Kept outside, because a statement that has to wait is gone on with, not begun again.
  let index = 0;
  const performRest = (scope: WriteScope) => {
    for (; index < count; index++) {
      if (index > 0) scope.pause();
      const stop = performOne(scope) && (ordered || inTransaction);
      if (stop) return;
    }
  };
  /** @returns whether it was refused */
  const performOne = (scope: WriteScope): boolean => {
    const statementId = statementIdOf(request.body, index);
    try {
      const outcome = done?.get(statementId) ?? perform(scope, index);
      fresh.set(statementId, outcome);
      add(totals, index, outcome);
      return false;
    } catch (error) {
      if (!(error instanceof MongoError) || (inTransaction && endsTransaction.has(error.code))) throw error;
      totals.writeErrors.push(writeError(index, error));
      return true;
    }
  };
  await engine.write(request, performRest);
  if (done) for (const [statementId, outcome] of fresh) done.set(statementId, outcome);
  if (totals.writeErrors.length > 0) engine.sessions.abortAfterWriteErrors(request);
  return totals;
}

/** Errors of the transaction, not of one of its statements: WriteConflict, SnapshotUnavailable, NoSuchTransaction. */
const endsTransaction = new Set([112, 246, 251]);

function add(totals: Totals, index: number, outcome: StatementOutcome): void {
  totals.n += outcome.n;
  totals.modified += outcome.modified ?? 0;
  if (outcome.upserted === undefined) return;
  totals.upserted.push(documentOf({ index: new Int32(index), _id: outcome.upserted }));
}

/** The reply of a bulk write, in the order of MongoDB's fields. */
export function bulkReply({ n, modified, upserted, writeErrors }: Totals, isUpdate: boolean): Reply {
  const reply: Reply = new Map([['n', new Int32(n)]]);
  if (isUpdate) reply.set('nModified', new Int32(modified));
  if (upserted.length > 0) reply.set('upserted', upserted);
  if (writeErrors.length > 0) reply.set('writeErrors', writeErrors);
  return reply;
}

function writeError(index: number, { code, message, extra }: MongoError): BsonDocument {
  const error: BsonDocument = documentOf({ index: new Int32(index), code: new Int32(code) });
  for (const [name, value] of extra ?? []) error.set(name, value);
  return error.set('errmsg', message);
}

function statementIdOf(body: BsonDocument, index: number): number {
  const ids = body.get('stmtIds');
  const own = Array.isArray(ids) ? ids[index] : undefined;
  if (isNumber(own)) return toDouble(own);
  return firstStatementId(body) + index;
}

/** The number of a command's first statement within its retryable write. */
export function firstStatementId(body: BsonDocument): number {
  const first = body.get('stmtId');
  return isNumber(first) ? toDouble(first) : 0;
}
