import { Long } from 'bson';
import { ClientCursor } from '../cursors/cursors';
import { bson, BsonValue } from '../language/bson-value';
import { decodeFields } from '../language/codec';
import { check } from '../language/errors';
import { parseFilter } from '../language/filter';
import { identityOf } from '../language/key-component';
import { valuesAtPath } from '../language/path';
import { Run } from '../planner/execution';
import { PipelineQuery, pipelineStream, splitPipeline } from '../planner/pipeline';
import { Query, runToEnd } from '../planner/plan';
import { planCount, planQuery } from '../planner/plan-query';
import { Call } from './call';
import { answerDiagnosticStage } from './diagnostics';
import { namespaceOf, Options } from './options';
import { MAX_DOCUMENT_BYTES, Reply } from './request';

/** MongoDB's first batch where the client does not say how large it wants it. */
const DEFAULT_BATCH_SIZE = 101;

/**
 * The query of a find, or of a count or distinct, which name its filter `query`.
 * @throws MongoError for a filter that is none; the planner reads the rest
 */
export function readQuery(options: Options, filter: 'filter' | 'query'): Query {
  return {
    filter: parseFilter(options.document(filter)),
    sort: options.document('sort'),
    skip: options.count('skip'),
    limit: options.count('limit'),
    hint: options.hint(),
    projection: options.document('projection'),
  };
}

/** The documents that match, as a cursor. */
export function find(call: Call): Promise<Reply> {
  const query = readQuery(call.options, 'filter');
  return answerWithCursor(call, call.options, { query, rest: [], unions: [] });
}

/** @throws MongoError for a first stage that is none */
export function readAggregate(options: Options): PipelineQuery {
  return splitPipeline(options.need('pipeline', 'an array of objects'), options.hint());
}

const CURSOR_OPTIONS = new Set(['batchSize']);

/** What the stages of a pipeline make of a collection's documents, as a cursor. */
export async function aggregate(call: Call): Promise<Reply> {
  const { options } = call;
  const diagnosis = answerDiagnosticStage(call);
  if (diagnosis) return diagnosis;
  const split = readAggregate(options);
  const cursor = new Options(options.need('cursor', 'an object'), 'aggregate.cursor', CURSOR_OPTIONS);
  return answerWithCursor(call, cursor, split);
}

/** The first batch of a query's results, and a cursor for the others where there are more and they are wanted. */
function answerWithCursor(call: Call, options: Options, split: PipelineQuery): Promise<Reply> {
  const size = options.count('batchSize', DEFAULT_BATCH_SIZE);
  const isOnly = options.flag('singleBatch');
  const ns = namespaceOf(call.request);
  const run = call.begin(ns);
  // What follows a query may have more to give when the query has ended.
  const isQuery = split.rest.length + split.unions.length === 0;
  const stream = pipelineStream(split, isQuery ? run : new Run(run.view, run.clock));
  const cursor = new ClientCursor(ns, stream, run, call.request);
  return answerBatch(call, cursor, { size, isOnly });
}

/** The next batch of a cursor, which is closed where no more is to come; then the `id` in the reply is 0. */
async function answerBatch(
  { request, engine: { cursors } }: Call,
  cursor: ClientCursor,
  { size, id, isOnly = false }: { size: number; id?: Long; isOnly?: boolean },
): Promise<Reply> {
  let isKept = false;
  try {
    const batch = await cursor.next(size, request);
    isKept = !cursor.isExhausted && !isOnly;
    const reply: Reply = new Map([[id ? 'nextBatch' : 'firstBatch', batch]]);
    reply.set('id', isKept ? (id ?? cursors.add(cursor)) : Long.ZERO).set('ns', cursor.ns);
    return new Map([['cursor', reply]]);
  } finally {
    if (!isKept && id) cursors.kill(id);
    if (!isKept) cursor.close();
  }
}

export function getMore(call: Call): Promise<Reply> {
  const { request, engine, options } = call;
  const id = options.fields.get('getMore');
  check(id instanceof Long, 14, "'getMore' must be the id of a cursor");
  const ns = `${request.db}.${options.need('collection', 'a string')}`;
  const size = options.count('batchSize') || Infinity;
  const cursor = engine.cursors.use(id);
  check(cursor !== undefined, 43, `cursor id ${id} not found`);
  check(cursor.ns === ns, 13, `cursor ${id} belongs to ${cursor.ns}, not to ${ns}`);
  cursor.admit(request);
  return answerBatch(call, cursor, { size, id });
}

/** Closes cursors of one collection. */
export function killCursors({ request, engine: { cursors }, options }: Call): Reply {
  const ns = namespaceOf(request);
  const ids = options.fields.get('cursors');
  const isRight = Array.isArray(ids) && ids.length > 0 && ids.every((id) => id instanceof Long);
  check(isRight, 9, "Field 'cursors' must be an array of cursor ids");
  const killed = ids.filter((id) => cursors.use(id)?.ns === ns && cursors.kill(id));
  const cursorsNotFound = ids.filter((id) => !killed.includes(id));
  return bson({ cursorsKilled: killed, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] });
}

/** Whether the query finds every document. */
export function countsAll({ filter, hint }: Query): boolean {
  return filter.kind === 'and' && filter.children.length === 0 && hint === undefined;
}

/** The number of documents that match: where there is no condition, as the storage keeps it. */
export function count(call: Call): Promise<Reply> {
  const query = readQuery(call.options, 'query');
  return call.reading(namespaceOf(call.request), async (run) => {
    const left = Math.max(0, (run.view?.totals().documents ?? 0) - query.skip);
    if (countsAll(query)) return bson({ n: Math.min(left, query.limit || Infinity) });
    await runToEnd(planCount(run.view, query), run);
    return bson({ n: run.returned });
  });
}

/** The values that a field has in the documents that match, each once; an array counts as its elements. */
export function distinct(call: Call): Promise<Reply> {
  const key = call.options.need('key', 'a string');
  const query = readQuery(call.options, 'query');
  return call.reading(namespaceOf(call.request), async (run) => {
    const values = new Map<string, BsonValue>();
    const path = key.split('.');
    const fields = new Set(path.slice(0, 1));
    let bytes = 0;
    await runToEnd(planQuery(run.view, query), run, (row) => {
      for (const value of valuesAtPath(decodeFields(row.bytes!, fields), path)) {
        const identity = identityOf(value);
        if (values.has(identity)) continue;
        values.set(identity, value);
        // An element of the reply's array has a few bytes besides its value.
        bytes += identity.length + 16;
        check(bytes <= MAX_DOCUMENT_BYTES, 17217, 'distinct too big, 16mb cap');
      }
    });
    return bson({ values: [...values.values()] });
  });
}
