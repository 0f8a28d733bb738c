import { Int32 } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument, BsonValue, documentOf, isNumber } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { FilterNode } from '../language/filter-node';
import { toDouble } from '../language/numbers';
import { compileProjection } from '../language/projection';
import { CompiledUpdate } from '../language/update';
import { WriteScope } from '../storage/group-commit';
import {
  assertUpdate,
  deleteRecord,
  insertDocument,
  parseUpdate,
  SelectedRecords,
  updateRecord,
  upsert,
} from './modification';
import { collectionNameOf, Options, OptionTable, writableNamespaceOf } from './options';
import { clockOf } from './reads';
import { CommandRequest, MAX_BATCH_SIZE, RawDocument, Reply, replyOf, ReplyValue } from './request';

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
const endsTransaction = new Set([112, 246, 251]);

/**
 * Runs the statements of an insert, update or delete in order, each by itself: outside a transaction one that is
 * refused leaves the others standing; within one, everything ends. Statements of a retryable write that have been done
 * are not done again.
 * @param begin makes the statement at a place ready; what it has done so far outlives a wait
 */
async function runStatements(
  request: CommandRequest,
  engine: Engine,
  { count, ordered, begin }: { count: number; ordered: boolean; begin: (index: number) => Perform },
): Promise<Reply> {
  if (count < 1 || count > MAX_BATCH_SIZE) {
    throw new MongoError(
      16,
      `Write batch sizes must be between 1 and ${MAX_BATCH_SIZE}. Got ${count} operations.`,
    );
  }
  const done = engine.sessions.resultsOf(request) as Map<number, StatementOutcome> | null;
  const inTransaction = engine.sessions.transactionOf(request) !== null;
  const fresh = new Map<number, StatementOutcome>();
  const writeErrors: BsonDocument[] = [];
  const upserted: BsonDocument[] = [];
  let n = 0;
  let modified = 0;
  const add = (outcome: StatementOutcome, at: number) => {
    n += outcome.n;
    modified += outcome.modified ?? 0;
    if (outcome.upserted === undefined) return;
    upserted.push(documentOf({ index: new Int32(at), _id: outcome.upserted }));
  };
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
        add(outcome, index);
      } catch (error) {
        if (!(error instanceof MongoError) || (inTransaction && endsTransaction.has(error.code))) throw error;
        writeErrors.push(writeError(index, error));
        if (ordered || inTransaction) return;
      }
    }
  });
  if (done) for (const [statementId, outcome] of fresh) done.set(statementId, outcome);
  if (writeErrors.length > 0) engine.sessions.abortAfterWriteErrors(request);
  return replyOf<ReplyValue>({
    n: new Int32(n),
    ...(request.name === 'update' && { nModified: new Int32(modified) }),
    ...(upserted.length > 0 && { upserted }),
    ...(writeErrors.length > 0 && { writeErrors }),
  });
}

function writeError(index: number, { code, message, extra }: MongoError): BsonDocument {
  const error = documentOf({ index: new Int32(index), code: new Int32(code) });
  for (const [name, value] of extra ?? []) error.set(name, value);
  return error.set('errmsg', message);
}

/** The number of a statement within its retryable write. */
function statementIdOf(body: BsonDocument, index: number): number {
  const ids = body.get('stmtIds');
  const own = Array.isArray(ids) ? ids[index] : undefined;
  if (isNumber(own)) return toDouble(own);
  const first = body.get('stmtId');
  return (isNumber(first) ? toDouble(first) : 0) + index;
}

/** @throws MongoError InvalidOptions when a retryable write has a statement that may change many documents */
function assertRetryable(request: CommandRequest, engine: Engine, isSingle: boolean): void {
  if (isSingle || engine.sessions.resultsOf(request) === null) return;
  throw new MongoError(72, 'Cannot use retryable writes with multi=true or limit=0');
}

export function insert(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const ns = writableNamespaceOf(request);
  return runStatements(request, engine, {
    count: request.rawDocuments.length,
    ordered: options.boolean('ordered', true),
    begin: (index) => (scope) => {
      insertDocument(scope, ns, request.rawDocuments[index]!);
      return { n: 1 };
    },
  });
}

const updateStatement = new OptionTable({
  taken: 'q u multi upsert arrayFilters hint',
  refused: 'collation c',
});

export function update(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const ns = writableNamespaceOf(request);
  const statements = options.documents('updates').map((statement) => {
    updateStatement.check('update.updates', statement);
    const fields = new Options(statement, 'update.updates');
    fields.required('q');
    if (!statement.has('u')) throw fields.missing('u');
    assertUpdate(statement.get('u'));
    assertRetryable(request, engine, !fields.boolean('multi'));
    return fields;
  });
  return runStatements(request, engine, {
    count: statements.length,
    ordered: options.boolean('ordered', true),
    begin: (index) => beginUpdate(request, engine, ns, statements[index]!),
  });
}

/** @throws MongoError for a filter or an update that is none */
function beginUpdate(request: CommandRequest, engine: Engine, ns: string, options: Options): Perform {
  const multi = options.boolean('multi');
  const upserts = options.boolean('upsert');
  const filter = parseFilter(options.required('q'));
  const compiled = parseUpdate(options.get('u'), {
    multi,
    arrayFilters: options.get('arrayFilters'),
  });
  const selected = selectedRecords(request, engine, { filter, hint: options.hint(), multi });
  let n = 0;
  let modified = 0;
  return (scope) => {
    selected.each(scope, ns, (collection, record) => {
      if (updateRecord(scope, collection, record, compiled).modified) modified += 1;
      n += 1;
    });
    if (n > 0 || !upserts) return { n, modified };
    return { n: 1, modified: 0, upserted: upsert(scope, ns, filter, compiled).id };
  };
}

const deleteStatement = new OptionTable({ taken: 'q limit hint', refused: 'collation' });

export function deleteDocuments(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const ns = writableNamespaceOf(request);
  const statements = options.documents('deletes').map((statement) => {
    deleteStatement.check('delete.deletes', statement);
    const fields = new Options(statement, 'delete.deletes');
    fields.required('q');
    if (!statement.has('limit')) throw fields.missing('limit');
    const limit = fields.number('limit');
    if (limit !== 0 && limit !== 1)
      throw new MongoError(9, 'The limit field in delete objects must be 0 or 1');
    assertRetryable(request, engine, limit === 1);
    return { fields, multi: limit === 0 };
  });
  return runStatements(request, engine, {
    count: statements.length,
    ordered: options.boolean('ordered', true),
    begin: (index) => {
      const { fields, multi } = statements[index]!;
      const filter = parseFilter(fields.required('q'));
      const selected = selectedRecords(request, engine, { filter, hint: fields.hint(), multi });
      let n = 0;
      return (scope) => {
        selected.each(scope, ns, (collection, record) => {
          deleteRecord(scope, collection, record);
          n += 1;
        });
        return { n };
      };
    },
  });
}

function selectedRecords(
  request: CommandRequest,
  engine: Engine,
  selection: ConstructorParameters<typeof SelectedRecords>[0],
): SelectedRecords {
  const collection = collectionNameOf(request);
  const clock = () => clockOf(request, new Options(request.body, request.name));
  return new SelectedRecords(selection, () => engine.read(request, collection), clock);
}

/** What a findAndModify asks for. `update` is null where the document is to be removed. */
interface Modification {
  readonly ns: string;
  readonly filter: FilterNode;
  readonly update: CompiledUpdate | null;
  readonly selected: SelectedRecords;
  readonly upserts: boolean;
  readonly returnsNew: boolean;
  readonly project: (bytes: Uint8Array) => Uint8Array;
}

export async function findAndModify(
  request: CommandRequest,
  engine: Engine,
  options: Options,
): Promise<Reply> {
  const results = engine.sessions.resultsOf(request);
  const statementId = statementIdOf(request.body, 0);
  const repeated = results?.get(statementId) as Reply | undefined;
  // A copy, because the connection adds to what it sends.
  if (repeated) return new Map(repeated);
  const modification = readModification(request, engine, options);
  const reply = await engine.write(request, (scope) => modifyOne(scope, modification));
  results?.set(statementId, remembered(reply));
  return reply;
}

/** A copy, as above; and of the bytes too, because those in hand may be a small part of a large piece of memory. */
function remembered(reply: Reply): Reply {
  const value = reply.get('value');
  const copy = new Map(reply);
  return value instanceof RawDocument
    ? copy.set('value', new RawDocument(new Uint8Array(value.bytes)))
    : copy;
}

function readModification(request: CommandRequest, engine: Engine, options: Options): Modification {
  const ns = writableNamespaceOf(request);
  const [remove, returnsNew, upserts] = [
    options.boolean('remove'),
    options.boolean('new'),
    options.boolean('upsert'),
  ];
  const given = options.get('update');
  if (remove === (given !== undefined)) {
    throw new MongoError(9, 'Either an update or remove=true must be specified, and not both');
  }
  if (remove && (upserts || returnsNew)) {
    throw new MongoError(9, 'Cannot specify upsert=true or new=true with remove=true');
  }
  const filter = parseFilter(options.document('query') ?? new Map());
  const arrayFilters = options.get('arrayFilters');
  const selection = { filter, sort: options.document('sort'), hint: options.hint(), multi: false };
  const fields = options.document('fields');
  return {
    ns,
    filter,
    update: remove ? null : parseUpdate(given, { multi: false, arrayFilters }),
    selected: selectedRecords(request, engine, selection),
    upserts,
    returnsNew,
    project: fields?.size ? compileProjection(fields).applyToBytes : (bytes) => bytes,
  };
}

function modifyOne(
  scope: WriteScope,
  { ns, filter, selected, update, upserts, returnsNew, project }: Modification,
): Reply {
  const replyWith = (lastErrorObject: BsonDocument, bytes: Uint8Array | null): Reply =>
    replyOf<ReplyValue>({ lastErrorObject, value: bytes && new RawDocument(project(bytes)) });
  let reply: Reply | null = null;
  selected.each(scope, ns, (collection, record) => {
    if (!update) {
      deleteRecord(scope, collection, record);
      reply = replyWith(documentOf({ n: new Int32(1) }), record.bytes);
      return;
    }
    const { bytes } = updateRecord(scope, collection, record, update);
    const outcome = documentOf({ n: new Int32(1), updatedExisting: true });
    reply = replyWith(outcome, returnsNew ? bytes : record.bytes);
  });
  if (reply) return reply;
  if (!update) return replyWith(documentOf({ n: new Int32(0) }), null);
  if (!upserts) return replyWith(documentOf({ n: new Int32(0), updatedExisting: false }), null);
  const { id, bytes } = upsert(scope, ns, filter, update);
  return replyWith(
    documentOf({ n: new Int32(1), updatedExisting: false, upserted: id }),
    returnsNew ? bytes : null,
  );
}
