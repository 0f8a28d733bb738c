import type { Engine } from '../engine';
import { bson, BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { check, MongoError, TRANSIENT_CODES } from '../language/errors';
import { parseFilter } from '../language/filter';
import { compileProjection } from '../language/projection';
import { CompiledUpdate, compileUpdate } from '../language/update';
import { WriteScope } from '../storage/group-commit';
import { insertDocument, Modification, Outcome } from './modification';
import { namespaceOf, optionNames, Options } from './options';
import { CommandRequest, MAX_BATCH_SIZE, Reply } from './request';

/** What one statement of an insert, update or delete has done. */
type StatementOutcome = Pick<Outcome, 'n' | 'upserted'> & Partial<Pick<Outcome, 'modified'>>;

/** A statement: throws MongoError when it is refused, and must not have changed anything then. */
type Perform = (scope: WriteScope) => StatementOutcome;

/**
 * Runs the statements of an insert, update or delete in order, each by itself: outside a transaction one that is
 * refused leaves the others standing; within one, everything ends. Statements of a retryable write that have been done
 * are not done again.
 * @param begin makes the statement at a place ready; what it has done so far outlives a wait
 */
async function runStatements(
  request: CommandRequest,
  engine: Engine,
  options: Options,
  count: number,
  begin: (index: number) => Perform,
): Promise<Reply> {
  check(count >= 1 && count <= MAX_BATCH_SIZE, 16, `a write has from 1 to ${MAX_BATCH_SIZE} statements`);
  const done = request.results as Map<number, StatementOutcome> | null;
  const inTransaction = request.transaction !== null;
  const endsAtError = options.flag('ordered', true) || inTransaction;
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
        if (done) fresh.set(index, outcome);
        n += outcome.n;
        nModified += outcome.modified ?? 0;
        if (outcome.upserted !== undefined) upserted.push(bson({ index, _id: outcome.upserted }));
      } catch (error) {
        const isRefusal = error instanceof MongoError && !(inTransaction && TRANSIENT_CODES.has(error.code));
        if (!isRefusal) throw error;
        const { code, extra, message: errmsg } = error;
        writeErrors.push(bson({ index, code, ...extra, errmsg }));
        if (endsAtError) return;
      }
    }
  });
  // Only now are they on disk.
  for (const [place, outcome] of fresh) done?.set(place, outcome);
  const reply = bson({ n, ...(request.name === 'update' && { nModified }) });
  if (upserted.length > 0) reply.set('upserted', upserted);
  if (writeErrors.length > 0) reply.set('writeErrors', writeErrors);
  return reply;
}

export function insert(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const ns = namespaceOf(request, true);
  const { rawDocuments } = request;
  return runStatements(request, engine, options, rawDocuments.length, (index) => (scope) => {
    insertDocument(scope, ns, rawDocuments[index]!);
    return { n: 1 };
  });
}

const UPDATES = { field: 'updates', where: 'update.updates', taken: optionNames('q u multi upsert') };
const DELETES = { field: 'deletes', where: 'delete.deletes', taken: optionNames('q limit') };

/** An update or a delete. The shape of all statements is checked before the first one runs. */
export function change(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const ns = namespaceOf(request, true);
  const isUpdate = request.name === 'update';
  const { field, where, taken } = isUpdate ? UPDATES : DELETES;
  const isRetryable = request.results !== null;
  const statements = options.need(field, 'an array of objects').map((fields) => {
    const statement = new Options(fields, where, taken);
    const q = statement.need('q', 'an object');
    const limit = isUpdate || statement.count('limit', Infinity);
    check(limit === true || limit <= 1, 9, 'The limit field in delete objects must be 0 or 1');
    const multi = isUpdate ? statement.flag('multi') : limit === 0;
    check(!multi || !isRetryable, 72, 'Cannot use retryable writes with multi=true or limit=0');
    return { q, u: statement.value('u'), multi, upserts: statement.flag('upsert') };
  });
  return runStatements(request, engine, options, statements.length, (index) => {
    const { q, u, multi, upserts } = statements[index]!;
    const update = isUpdate ? parseUpdate(u, multi) : null;
    const filter = parseFilter(q);
    const modification = new Modification({ request, engine, ns, filter, multi, update, upserts });
    return (scope) => {
      const { n, modified, upserted } = modification.run(scope);
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
  const results = request.results as Map<number, Modified> | null;
  const { lastErrorObject, value } =
    results?.get(0) ?? (await engine.write(request, beginFindAndModify(request, engine, options)));
  // A copy, because the bytes in hand may be a small part of a large piece of memory.
  results?.set(0, { lastErrorObject, value: value && new Uint8Array(value) });
  return new Map(Object.entries({ lastErrorObject, value }));
}

function beginFindAndModify(request: CommandRequest, engine: Engine, options: Options) {
  const [removes, returnsNew, upserts] = [
    options.flag('remove'),
    options.flag('new'),
    options.flag('upsert'),
  ];
  const given = options.value('update');
  const isEither = removes === (given === undefined) && !(removes && (returnsNew || upserts));
  check(isEither, 9, 'Either update or remove=true must be given, and upsert and new only with an update');
  const update = removes ? null : parseUpdate(given, false);
  const fields = options.document('fields');
  const { applyToBytes, computes } = compileProjection(fields);
  // It is done when the document has been changed, and must not fail then.
  check(!computes, 238, 'findAndModify does not compute fields');
  const project = fields.size > 0 ? applyToBytes : null;
  const [filter, sort] = [parseFilter(options.document('query')), options.document('sort')];
  const ns = namespaceOf(request, true);
  const modification = new Modification({ request, engine, ns, filter, sort, multi: false, update, upserts });
  return (scope: WriteScope): Modified => {
    const { n, before, after, upserted } = modification.run(scope);
    const lastErrorObject = bson({ n, ...(update && { updatedExisting: before !== null }) });
    if (upserted !== undefined) lastErrorObject.set('upserted', upserted);
    const shown = returnsNew ? after : before;
    return { lastErrorObject, value: shown && project ? project(shown) : shown };
  };
}
