import { bson, BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { check, MongoError, TRANSIENT_CODES } from '../language/errors';
import { parseFilter } from '../language/filter';
import { compileProjection } from '../language/projection';
import { CompiledUpdate, compileUpdate } from '../language/update';
import { Query } from '../planner/plan';
import { WriteScope } from '../storage/group-commit';
import { Call } from './call';
import { insertDocument, Modification, Outcome } from './modification';
import { namespaceOf, optionNames, Options } from './options';
import { MAX_BATCH_SIZE, Reply } from './request';

/** A statement: throws MongoError when it is refused, and must not have changed anything then. */
type Perform = (scope: WriteScope) => Outcome;

/**
 * Runs the statements of an insert, update or delete in order, each by itself: outside a transaction one that is
 * refused leaves the others standing; within one, everything ends. Statements of a retryable write that have been done
 * are not done again.
 * @param begin makes the statement at a place ready; what it has done so far outlives a wait
 */
async function runStatements(
  { request, engine, options }: Call,
  count: number,
  begin: (index: number) => Perform,
): Promise<Reply> {
  check(count >= 1 && count <= MAX_BATCH_SIZE, 16, `a write has from 1 to ${MAX_BATCH_SIZE} statements`);
  const { name, transaction } = request;
  const done = request.results as Map<number, Outcome> | null;
  const endsAtError = options.flag('ordered', true) || transaction !== null;
  const outcomes: Outcome[] = [];
  const writeErrors: BsonDocument[] = [];
  // Kept outside, because a statement that has to wait is gone on with, not begun again.
  let index = 0;
  let perform: Perform | null = null;
  await engine.write(request, (scope) => {
    for (; index < count; index++, perform = null) {
      if (index > 0) scope.pause();
      try {
        outcomes[index] = done?.get(index) ?? (perform ??= begin(index))(scope);
      } catch (error) {
        const isRefusal = error instanceof MongoError && !(transaction && TRANSIENT_CODES.has(error.code));
        if (!isRefusal) throw error;
        const { code, extra, message: errmsg } = error;
        writeErrors.push(bson({ index, code, ...extra, errmsg }));
        if (endsAtError) return;
      }
    }
  });
  let [n, nModified] = [0, 0];
  const upserted: BsonDocument[] = [];
  outcomes.forEach((outcome, place) => {
    // Only now it is on disk.
    done?.set(place, outcome);
    n += outcome.n;
    nModified += outcome.modified;
    if (outcome.upserted !== undefined) upserted.push(bson({ index: place, _id: outcome.upserted }));
  });
  return bson({
    n,
    ...(name === 'update' && { nModified }),
    ...(upserted.length > 0 && { upserted }),
    ...(writeErrors.length > 0 && { writeErrors }),
  });
}

const INSERTED: Outcome = { n: 1, modified: 0 };

export function insert(call: Call): Promise<Reply> {
  const ns = namespaceOf(call.request, true);
  const { rawDocuments } = call.request;
  return runStatements(call, rawDocuments.length, (index) => (scope) => {
    insertDocument(scope, ns, rawDocuments[index]!);
    return INSERTED;
  });
}

const UPDATES = { field: 'updates', where: 'update.updates', taken: optionNames('q u multi upsert') };
const DELETES = { field: 'deletes', where: 'delete.deletes', taken: optionNames('q limit') };

/** An update or a delete. The shape of all statements is checked before the first one runs. */
export function change(call: Call): Promise<Reply> {
  const { request, options } = call;
  const ns = namespaceOf(request, true);
  const isUpdate = request.name === 'update';
  const { field, where, taken } = isUpdate ? UPDATES : DELETES;
  const isRetryable = request.results !== null;
  const statements = options.need(field, 'an array of objects').map((fields) => {
    const statement = new Options(fields, where, taken);
    const q = statement.need('q', 'an object');
    const limit = statement.count('limit', isUpdate ? 1 : Infinity);
    check(limit <= 1, 9, 'The limit field in delete objects must be 0 or 1');
    const multi = isUpdate ? statement.flag('multi') : limit === 0;
    check(!multi || !isRetryable, 72, 'Cannot use retryable writes with multi=true or limit=0');
    return { q, u: statement.fields.get('u'), multi, upserts: statement.flag('upsert') };
  });
  return runStatements(call, statements.length, (index) => {
    const { q, u, multi, upserts } = statements[index]!;
    const update = isUpdate ? parseUpdate(u, multi) : null;
    const query = selection(q, new Map(), multi);
    const modification = new Modification(call, ns, query, update, upserts);
    return (scope) => modification.run(scope);
  });
}

/** @throws MongoError for what is no update */
function parseUpdate(update: BsonValue | undefined, multi: boolean): CompiledUpdate {
  if (isDocument(update) || Array.isArray(update)) return compileUpdate(update, multi);
  throw new MongoError(9, 'Update argument must be either an object or an array');
}

export async function findAndModify(call: Call): Promise<Reply> {
  const { request, engine, options } = call;
  const done = request.results as Map<number, Reply> | null;
  if (done?.has(0)) return done.get(0)!;
  const [removes, returnsNew] = [options.flag('remove'), options.flag('new')];
  const [given, upserts] = [options.fields.get('update'), options.flag('upsert')];
  const isEither = removes === (given === undefined) && !(removes && (returnsNew || upserts));
  check(isEither, 9, 'Either update or remove=true must be given, and upsert and new only with an update');
  const update = removes ? null : parseUpdate(given, false);
  const { applyToBytes, computes } = compileProjection(options.document('fields'));
  // It is done when the document has been changed, and must not fail then.
  check(!computes, 238, 'findAndModify does not compute fields');
  const query = selection(options.document('query'), options.document('sort'), false);
  const modification = new Modification(call, namespaceOf(request, true), query, update, upserts);
  const reply = await engine.write(request, (scope): Reply => {
    const { n, upserted } = modification.run(scope);
    const { before, after } = modification;
    const updatedExisting = update && { updatedExisting: before !== null };
    const lastErrorObject = bson({ n, ...updatedExisting, ...(upserted !== undefined && { upserted }) });
    const shown = returnsNew ? after : before;
    // A copy, for what is remembered: the bytes in hand may be a small part of a large piece of memory.
    const value = shown && new Uint8Array(applyToBytes(shown));
    return new Map(Object.entries({ lastErrorObject, value }));
  });
  done?.set(0, reply);
  return reply;
}

/** The documents that a statement is about; it looks them up by itself. */
function selection(filter: BsonDocument, sort: BsonDocument, multi: boolean): Query {
  return { filter: parseFilter(filter), sort, skip: 0, limit: multi ? 0 : 1, fields: new Set() };
}
