import { Int32 } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument, documentOf } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { FilterNode, parseFilter } from '../language/filter';
import { CompiledProjection, compileProjection } from '../language/projection';
import { CompiledUpdate } from '../language/update';
import { WriteScope } from '../storage/write-scope';
import { firstStatementId } from './bulk-write';
import { CommandRequest, RawDocument, Reply, replyOf, ReplyValue } from './command';
import { assertOptions, booleanOption, documentOption } from './generic-options';
import { deleteRecord, parseUpdate, SelectedRecords, updateRecord, upsert } from './modification';
import { assertWritable, namespaceOf } from './namespace';

const options = {
  taken: new Set([
    'query',
    'sort',
    'update',
    'remove',
    'new',
    'upsert',
    'fields',
    'hint',
    'arrayFilters',
    'bypassDocumentValidation',
  ]),
  refused: new Set(['collation', 'let']),
};

/** What the command asks for. `update` is null where the document is to be removed. */
interface Modification {
  readonly ns: string;
  readonly filter: FilterNode;
  readonly update: CompiledUpdate | null;
  readonly selected: SelectedRecords;
  readonly upserts: boolean;
  readonly returnsNew: boolean;
  readonly projection: CompiledProjection | null;
}

export async function findAndModify(request: CommandRequest, engine: Engine): Promise<Reply> {
  assertOptions(request, options);
  const results = engine.sessions.resultsOf(request);
  const statementId = firstStatementId(request.body);
  const repeated = results?.get(statementId) as Reply | undefined;
  // A copy, because the connection adds to what it sends.
  if (repeated) return new Map(repeated);
  const modification = parse(request);
  const reply = await engine.write(request, (scope) => run(scope, modification));
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

function parse(request: CommandRequest): Modification {
  const { body } = request;
  const ns = namespaceOf(request);
  assertWritable(ns);
  const flag = (name: string) => booleanOption(body, name, 'findAndModify', false);
  const [remove, returnsNew, upserts] = [flag('remove'), flag('new'), flag('upsert')];
  assertCombination(body, { remove, returnsNew, upserts });
  const filter = parseFilter(documentOption(body, 'query', 'findAndModify') ?? new Map());
  const sort = documentOption(body, 'sort', 'findAndModify');
  const fields = documentOption(body, 'fields', 'findAndModify');
  return {
    ns,
    filter,
    update: remove
      ? null
      : parseUpdate(body.get('update'), filter, { multi: false, arrayFilters: body.get('arrayFilters') }),
    selected: new SelectedRecords({ filter, sort, hint: body.get('hint'), multi: false }),
    upserts,
    returnsNew,
    projection: fields && fields.size > 0 ? compileProjection(fields, { filter }) : null,
  };
}

function assertCombination(
  body: BsonDocument,
  { remove, returnsNew, upserts }: { remove: boolean; returnsNew: boolean; upserts: boolean },
): void {
  const fault = !remove
    ? !body.has('update') && 'Either an update or remove=true must be specified'
    : body.has('update')
      ? 'Cannot specify both an update and remove=true'
      : upserts
        ? 'Cannot specify both upsert=true and remove=true '
        : returnsNew &&
          "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document";
  if (fault) throw new MongoError(9, fault);
}

function run(scope: WriteScope, modification: Modification): Reply {
  const { ns, selected, update } = modification;
  const collection = scope.use(ns);
  let reply: Reply | null = null;
  if (collection) {
    selected.each(scope, collection, (record) => {
      if (!update) {
        deleteRecord(scope, collection, record);
        reply = replyWith(documentOf({ n: new Int32(1) }), record.bytes, modification);
        return;
      }
      const { bytes } = updateRecord(scope, collection, record, update);
      const outcome = documentOf({ n: new Int32(1), updatedExisting: true });
      reply = replyWith(outcome, modification.returnsNew ? bytes : record.bytes, modification);
    });
  }
  return reply ?? nothingFound(scope, modification);
}

function nothingFound(scope: WriteScope, modification: Modification): Reply {
  const { ns, filter, update, upserts, returnsNew } = modification;
  if (!update) return replyWith(documentOf({ n: new Int32(0) }), null, modification);
  if (!upserts) {
    return replyWith(documentOf({ n: new Int32(0), updatedExisting: false }), null, modification);
  }
  const { id, bytes } = upsert(scope, ns, filter, update);
  const outcome = documentOf({ n: new Int32(1), updatedExisting: false, upserted: id });
  return replyWith(outcome, returnsNew ? bytes : null, modification);
}

function replyWith(
  lastErrorObject: BsonDocument,
  bytes: Uint8Array | null,
  { projection }: Modification,
): Reply {
  const value = bytes && new RawDocument(projection ? projection.applyToBytes(bytes) : bytes);
  return replyOf<ReplyValue>({ lastErrorObject, value });
}
