import type { Engine } from '../engine';
import { BsonDocument, BsonValue, isNumber } from '../language/bson-value';
import { check, MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { toDouble } from '../language/numbers';
import { compileProjection } from '../language/projection';
import { WriteScope } from '../storage/group-commit';
import {
  deleteRecord,
  insertDocument,
  parseUpdate,
  SelectedRecords,
  Target,
  updateRecord,
  upsert,
} from './modification';
import { namesIn, Options, writableNamespaceOf } from './options';
import { bson, CommandRequest, MAX_BATCH_SIZE, RawDocument, Reply } from './request';

/** What one statement of an insert, update or delete has done. */
interface StatementOutcome {
  /** Documents inserted, matched or deleted; an upserted one counts. */
  readonly n: number;
  readonly modified?: number;
  /** The `_id` of a document that the statement upserted. */
  readonly upserted?: BsonValue;
}

/** A statement: throws MongoError when it is refused, and must not have changed anything then. */
type Perform = (scope: WriteScope) => StatementOutcome;

/** Errors of the transaction, not of one of its statements: WriteConflict, SnapshotUnavailable, NoSuchTransaction. */
const ENDS_TRANSACTION = new Set([112, 246, 251]);

/**
 * Runs the statements of an insert, update or delete in order, each by itself: outside a transaction one that is
 * refused leaves the others standing; within one, everything ends. Statements of a retryable write that have been done
 * are not done again.
 * @param begin makes the statement at a place ready; what it has done so far outlives a wait
 */
async function runStatements(
  { request, engine }: Target,
  ordered: boolean,
  count: number,
  begin: (index: number) => Perform,
): Promise<Reply> {
  check(count >= 1 && count <= MAX_BATCH_SIZE, 16, `a write has from 1 to ${MAX_BATCH_SIZE} statements`);
  const done = engine.sessions.resultsOf(request) as Map<number, StatementOutcome> | null;
  const inTransaction = engine.sessions.transactionOf(request) !== null;
  const fresh = new Map<number, StatementOutcome>();
  const writeErrors: BsonDocument[] = [];
  const upserted: BsonDocument[] = [];
  let [n, nModified] = [0, 0];
  // Kept outside, because a statement that has to wait is gone on with, not begun again.
  let index = 0;
  let perform: Perform | null = null;
  await engine.write(request, (scope) => {
    for (; index < count; index++, perform = null) {
      if (index > 0) scope.pause();
      const statementId = statementIdOf(request.body, index);
      try {
        const outcome = done?.get(statementId) ?? (perform ??= begin(index))(scope);
        fresh.set(statementId, outcome);
        n += outcome.n;
        nModified += outcome.modified ?? 0;
        if (outcome.upserted !== undefined) upserted.push(bson({ index, _id: outcome.upserted }));
      } catch (error) {
        if (!(error instanceof MongoError) || (inTransaction && ENDS_TRANSACTION.has(error.code)))
          throw error;
        const { code, extra = [], message: errmsg } = error;
        writeErrors.push(bson({ index, code, ...Object.fromEntries(extra), errmsg }));
        if (ordered || inTransaction) return;
      }
    }
  });
  if (done) for (const [statementId, outcome] of fresh) done.set(statementId, outcome);
  if (writeErrors.length > 0) engine.sessions.abortAfterWriteErrors(request);
  return bson({
    n,
    ...(request.name === 'update' && { nModified }),
    ...(upserted.length > 0 && { upserted }),
    ...(writeErrors.length > 0 && { writeErrors }),
  });
}

/** The number of a statement within its retryable write. */
function statementIdOf(body: BsonDocument, index: number): number {
  const ids = body.get('stmtIds');
  const own = Array.isArray(ids) ? ids[index] : undefined;
  if (isNumber(own)) return toDouble(own);
  const first = body.get('stmtId');
  return (isNumber(first) ? toDouble(first) : 0) + index;
}

function targetOf(request: CommandRequest, engine: Engine): Target {
  return { request, engine, ns: writableNamespaceOf(request) };
}

export function insert(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const target = targetOf(request, engine);
  const { rawDocuments } = request;
  return runStatements(target, options.boolean('ordered', true), rawDocuments.length, (index) => (scope) => {
    insertDocument(scope, target.ns, rawDocuments[index]!);
    return { n: 1 };
  });
}

/** Checks the shape of all statements of an update or delete before the first one runs. */
function readStatements(
  { request, engine }: Target,
  options: Options,
  name: 'updates' | 'deletes',
  taken: ReadonlySet<string>,
  isMulti: (statement: Options) => boolean,
): { statement: Options; multi: boolean }[] {
  const isRetryable = engine.sessions.resultsOf(request) !== null;
  return options.documents(name).map((fields) => {
    const statement = new Options(fields, `${request.name}.${name}`, taken);
    statement.requiredDocument('q');
    const multi = isMulti(statement);
    check(!multi || !isRetryable, 72, 'Cannot use retryable writes with multi=true or limit=0');
    return { statement, multi };
  });
}

const UPDATE_OPTIONS = namesIn('q u multi upsert hint');

export function update(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const target = targetOf(request, engine);
  const statements = readStatements(target, options, 'updates', UPDATE_OPTIONS, (statement) =>
    statement.boolean('multi'),
  );
  return runStatements(target, options.boolean('ordered', true), statements.length, (index) => {
    const { statement, multi } = statements[index]!;
    const filter = parseFilter(statement.requiredDocument('q'));
    const compiled = parseUpdate(statement.get('u'), multi);
    const upserts = statement.boolean('upsert');
    const selected = new SelectedRecords(target, { filter, hint: statement.hint(), multi });
    let [n, modified] = [0, 0];
    return (scope) => {
      selected.each(scope, (collection, record) => {
        if (updateRecord(scope, collection, record, compiled).modified) modified += 1;
        n += 1;
      });
      if (n > 0 || !upserts) return { n, modified };
      return { n: 1, upserted: upsert(scope, target.ns, filter, compiled).id };
    };
  });
}

const DELETE_OPTIONS = namesIn('q limit hint');

export function deleteDocuments(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const target = targetOf(request, engine);
  const statements = readStatements(target, options, 'deletes', DELETE_OPTIONS, (statement) => {
    const limit = statement.required('limit', statement.number('limit'));
    check(limit === 0 || limit === 1, 9, 'The limit field in delete objects must be 0 or 1');
    return limit === 0;
  });
  return runStatements(target, options.boolean('ordered', true), statements.length, (index) => {
    const { statement, multi } = statements[index]!;
    const filter = parseFilter(statement.requiredDocument('q'));
    const selected = new SelectedRecords(target, { filter, hint: statement.hint(), multi });
    let n = 0;
    return (scope) => {
      selected.each(scope, (collection, record) => {
        deleteRecord(scope, collection, record);
        n += 1;
      });
      return { n };
    };
  });
}

/** What a findAndModify answers. */
interface Modified {
  readonly lastErrorObject: BsonDocument;
  readonly value: Uint8Array | null;
}

export async function findAndModify(
  request: CommandRequest,
  engine: Engine,
  options: Options,
): Promise<Reply> {
  const results = engine.sessions.resultsOf(request) as Map<number, Modified> | null;
  const statementId = statementIdOf(request.body, 0);
  const { lastErrorObject, value } =
    results?.get(statementId) ?? (await engine.write(request, beginModification(request, engine, options)));
  // A copy, because the bytes in hand may be a small part of a large piece of memory.
  results?.set(statementId, { lastErrorObject, value: value && new Uint8Array(value) });
  const reply: Reply = bson({ lastErrorObject });
  return reply.set('value', value && new RawDocument(value));
}

function beginModification(request: CommandRequest, engine: Engine, options: Options) {
  const target = targetOf(request, engine);
  const [remove, returnsNew, upserts] = ['remove', 'new', 'upsert'].map((name) => options.boolean(name));
  const given = options.get('update');
  check(
    remove !== (given !== undefined),
    9,
    'Either an update or remove=true must be specified, and not both',
  );
  check(!remove || (!upserts && !returnsNew), 9, 'Cannot specify upsert=true or new=true with remove=true');
  const filter = parseFilter(options.document('query') ?? new Map());
  const compiled = remove ? null : parseUpdate(given, false);
  const fields = options.document('fields');
  const project = fields?.size ? compileProjection(fields).applyToBytes : (bytes: Uint8Array) => bytes;
  const selection = { filter, sort: options.document('sort'), hint: options.hint(), multi: false };
  const selected = new SelectedRecords(target, selection);
  return (scope: WriteScope): Modified => {
    let outcome = bson({ n: 0, ...(compiled && { updatedExisting: false }) });
    let value: Uint8Array | null = null;
    selected.each(scope, (collection, record) => {
      outcome = bson({ n: 1, ...(compiled && { updatedExisting: true }) });
      value = record.bytes;
      if (!compiled) return deleteRecord(scope, collection, record);
      const { bytes } = updateRecord(scope, collection, record, compiled);
      if (returnsNew) value = bytes;
    });
    if (!value && compiled && upserts) {
      const { id, bytes } = upsert(scope, target.ns, filter, compiled);
      outcome = bson({ n: 1, updatedExisting: false, upserted: id });
      if (returnsNew) value = bytes;
    }
    return { lastErrorObject: outcome, value: value && project(value) };
  };
}
