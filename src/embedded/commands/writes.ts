import type { Engine } from '../engine';
import { BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { check, MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { compileProjection } from '../language/projection';
import { CompiledUpdate, compileUpdate } from '../language/update';
import { WriteScope } from '../storage/group-commit';
import { beginModification, insertDocument, Outcome, Target } from './modification';
import { namesIn, namespaceOf, Options } from './options';
import { bson, CommandRequest, MAX_BATCH_SIZE, RawDocument, Reply } from './request';

/** What one statement of an insert, update or delete has done. */
type StatementOutcome = Pick<Outcome, 'n' | 'upserted'> & Partial<Outcome>;

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
  options: Options,
  count: number,
  begin: (index: number) => Perform,
): Promise<Reply> {
  check(count >= 1 && count <= MAX_BATCH_SIZE, 16, `a write has from 1 to ${MAX_BATCH_SIZE} statements`);
  const done = engine.sessions.resultsOf(request) as Map<number, StatementOutcome> | null;
  const isOrdered = options.flag('ordered', true);
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
      try {
        const outcome = done?.get(index) ?? (perform ??= begin(index))(scope);
        fresh.set(index, outcome);
        n += outcome.n;
        nModified += outcome.modified ?? 0;
        if (outcome.upserted !== undefined) upserted.push(bson({ index, _id: outcome.upserted }));
      } catch (error) {
        if (!(error instanceof MongoError) || (inTransaction && ENDS_TRANSACTION.has(error.code)))
          throw error;
        const { code, extra = [], message: errmsg } = error;
        writeErrors.push(bson({ index, code, ...Object.fromEntries(extra), errmsg }));
        if (isOrdered || inTransaction) return;
      }
    }
  });
  if (done) for (const [place, outcome] of fresh) done.set(place, outcome);
  return bson({
    n,
    ...(request.name === 'update' && { nModified }),
    ...(upserted.length > 0 && { upserted }),
    ...(writeErrors.length > 0 && { writeErrors }),
  });
}

export function insert(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const target = { request, engine, ns: namespaceOf(request, true) };
  const { rawDocuments } = request;
  return runStatements(target, options, rawDocuments.length, (index) => (scope) => {
    insertDocument(scope, target.ns, rawDocuments[index]!);
    return { n: 1 };
  });
}

const UPDATES = {
  field: 'updates',
  taken: namesIn('q u multi upsert hint'),
  isMulti: (statement: Options) => statement.flag('multi'),
};
const DELETES = {
  field: 'deletes',
  taken: namesIn('q limit hint'),
  isMulti(statement: Options) {
    const limit = statement.count('limit', Infinity);
    check(limit <= 1, 9, 'The limit field in delete objects must be 0 or 1');
    return limit === 0;
  },
};

/** An update or a delete. The shape of all statements is checked before the first one runs. */
export function change(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const target = { request, engine, ns: namespaceOf(request, true) };
  const { field, taken, isMulti } = request.name === 'update' ? UPDATES : DELETES;
  const isRetryable = engine.sessions.resultsOf(request) !== null;
  const statements = options.need(field, 'an array of objects').map((fields) => {
    const statement = new Options(fields, `${request.name}.${field}`, taken);
    statement.need('q', 'an object');
    const multi = isMulti(statement);
    check(!multi || !isRetryable, 72, 'Cannot use retryable writes with multi=true or limit=0');
    return { statement, multi };
  });
  return runStatements(target, options, statements.length, (index) => {
    const { statement, multi } = statements[index]!;
    const filter = parseFilter(statement.need('q', 'an object'));
    const update = field === 'updates' ? parseUpdate(statement.value('u'), multi) : null;
    const upserts = statement.flag('upsert');
    const run = beginModification(target, { filter, hint: statement.hint(), multi, update, upserts });
    return (scope) => {
      const { n, modified, upserted } = run(scope);
      return { n, modified, upserted };
    };
  });
}

/** @throws MongoError for what is no update */
function parseUpdate(update: BsonValue | undefined, multi: boolean): CompiledUpdate {
  if (isDocument(update) || Array.isArray(update)) return compileUpdate(update, { multi });
  throw new MongoError(9, 'Update argument must be either an object or an array');
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
  const { lastErrorObject, value } =
    results?.get(0) ?? (await engine.write(request, beginFindAndModify(request, engine, options)));
  // A copy, because the bytes in hand may be a small part of a large piece of memory.
  results?.set(0, { lastErrorObject, value: value && new Uint8Array(value) });
  const reply: Reply = bson({ lastErrorObject });
  return reply.set('value', value && new RawDocument(value));
}

function beginFindAndModify(request: CommandRequest, engine: Engine, options: Options) {
  const [removes, returnsNew, upserts] = ['remove', 'new', 'upsert'].map((name) => options.flag(name));
  const given = options.value('update');
  const isEither = removes === (given === undefined) && !(removes && (returnsNew || upserts));
  check(
    isEither,
    9,
    'Either an update or remove=true must be specified, and upsert and new only with an update',
  );
  const update = removes ? null : parseUpdate(given, false);
  const fields = options.document('fields');
  const project = fields.size > 0 ? compileProjection(fields).applyToBytes : (bytes: Uint8Array) => bytes;
  const run = beginModification(
    { request, engine, ns: namespaceOf(request, true) },
    {
      filter: parseFilter(options.document('query')),
      ...{ sort: options.document('sort'), hint: options.hint(), multi: false, update, upserts },
    },
  );
  return (scope: WriteScope): Modified => {
    const { n, before, after, upserted } = run(scope);
    const updatedExisting = update && { updatedExisting: before !== null };
    const lastErrorObject = bson({ n, ...updatedExisting, ...(upserted !== undefined && { upserted }) });
    const shown = returnsNew ? after : before;
    return { lastErrorObject, value: shown && project(shown) };
  };
}
