import { Long } from 'bson';
import { ClientCursor, CursorSource } from '../cursors/cursors';
import type { Engine } from '../engine';
import { BsonDocument, BsonValue, isDocument, isNumber } from '../language/bson-value';
import { decodeFields, encodeDocument } from '../language/codec';
import { MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { directionOf, parseSort } from '../language/index-key';
import { encodeKeyComponent } from '../language/key-component';
import { topLevelName, valuesAtPath } from '../language/path';
import { compileProjection } from '../language/projection';
import { Clock } from '../planner/execution';
import { encodedRows, PipelineQuery, pipelineStream, splitPipeline } from '../planner/pipeline';
import { PlanRun, runToEnd } from '../planner/plan';
import { planCount, planQuery } from '../planner/plan-query';
import { Query } from '../planner/query';
import { CollectionView } from '../storage/view';
import { answerDiagnosticStage } from './diagnostics';
import { collectionNameOf, namespaceOf, Options } from './options';
import { bson, CommandRequest, MAX_DOCUMENT_BYTES, RawDocuments, Reply, ReplyValue } from './request';

/** MongoDB's first batch where the client does not say how large it wants it. */
const DEFAULT_BATCH_SIZE = 101;

/** @throws MongoError as MongoDB does for each part of the command */
export function readFind(options: Options): Query {
  const query: Query = {
    filter: parseFilter(options.document('filter') ?? new Map()),
    sort: options.document('sort') ?? new Map(),
    projection: options.document('projection') ?? new Map(),
    hint: options.hint(),
    skip: options.count('skip'),
    limit: options.count('limit'),
  };
  if (!query.sort.has('$natural')) parseSort(query.sort);
  else if (query.sort.size > 1) throw new MongoError(2, "Cannot include '$natural' in compound sort");
  compileProjection(query.projection!);
  return query;
}

/** The documents that match, as a cursor. */
export async function find(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const query = readFind(options);
  const batchSize = options.count('batchSize', DEFAULT_BATCH_SIZE);
  const singleBatch = options.boolean('singleBatch');
  return answerWithCursor(request, engine, { options, batchSize, singleBatch }, (view, clock) => {
    const run = new PlanRun();
    const stream = encodedRows(planQuery(view, query), { view, clock }, run);
    return { stream, view, clock, isExhausted: () => run.isExhausted };
  });
}

/** @throws MongoError as MongoDB does for each part of the command */
export function readAggregate({ body }: CommandRequest, options: Options): PipelineQuery {
  if (isNumber(body.get('aggregate'))) throw new MongoError(73, 'aggregate needs a collection');
  return splitPipeline(pipelineOf(options), options.hint());
}

function pipelineOf(options: Options): BsonDocument[] {
  const pipeline = options.get('pipeline');
  if (Array.isArray(pipeline) && pipeline.every(isDocument)) return pipeline;
  throw new MongoError(14, "'pipeline' must be an array of objects");
}

/** What the stages of a pipeline make of a collection's documents, as a cursor. */
export async function aggregate(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const diagnosis = answerDiagnosticStage(request, engine);
  if (diagnosis) return diagnosis;
  const split = readAggregate(request, options);
  const cursor = options.get('cursor');
  if (!isDocument(cursor)) throw new MongoError(9, "The 'cursor' option must be an object");
  const batchSize = new Options(cursor, 'aggregate.cursor').count('batchSize', DEFAULT_BATCH_SIZE);
  return answerWithCursor(request, engine, { options, batchSize }, (view, clock) => {
    return { stream: pipelineStream(split, { view, clock }), view, clock, isExhausted: () => false };
  });
}

interface Answer {
  readonly options: Options;
  readonly batchSize: number;
  /** Whether the first batch is to be the only one. */
  readonly singleBatch?: boolean;
}

/** The first batch of a query's results, and a cursor for the others where there are more. */
async function answerWithCursor(
  request: CommandRequest,
  engine: Engine,
  { options, batchSize, singleBatch = false }: Answer,
  open: (view: CollectionView | null, clock: Clock) => CursorSource,
): Promise<Reply> {
  const clock = new Clock(options.deadline());
  const view = engine.read(request, collectionNameOf(request));
  let isKept = false;
  try {
    const ns = namespaceOf(request);
    const cursor = new ClientCursor(ns, open(view, clock), request);
    const documents = await cursor.next(batchSize, request);
    isKept = !cursor.isExhausted && !singleBatch;
    if (!isKept) cursor.close();
    return cursorReply('firstBatch', documents, isKept ? engine.cursors.add(cursor) : Long.ZERO, ns);
  } finally {
    if (!isKept) {
      clock.end();
      view?.release();
    }
  }
}

/** The part of a reply that carries a batch; `id` 0 where no more is to come. */
function cursorReply(
  field: 'firstBatch' | 'nextBatch',
  documents: Uint8Array[],
  id: Long,
  ns: string,
): Reply {
  const cursor: Reply = new Map<string, ReplyValue>([
    [field, new RawDocuments(documents)],
    ['id', id],
    ['ns', ns],
  ]);
  return new Map([['cursor', cursor]]);
}

/** The next batch of a cursor. */
export async function getMore(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const id = options.get('getMore');
  if (!(id instanceof Long)) throw new MongoError(14, "'getMore' must be the id of a cursor");
  const ns = `${request.db}.${options.string('collection')}`;
  const batchSize = options.count('batchSize');
  const cursor = engine.cursors.use(id);
  if (!cursor) throw new MongoError(43, `cursor id ${id} not found`);
  if (cursor.ns !== ns) throw new MongoError(13, `cursor ${id} belongs to ${cursor.ns}, not to ${ns}`);
  cursor.admit(id, request);
  let isKept = false;
  try {
    const documents = await cursor.next(batchSize || Infinity, request);
    isKept = !cursor.isExhausted;
    return cursorReply('nextBatch', documents, isKept ? id : Long.ZERO, ns);
  } finally {
    if (!isKept) {
      engine.cursors.kill(id);
      cursor.close();
    }
  }
}

/** Closes cursors of one collection. */
export function killCursors(request: CommandRequest, engine: Engine, options: Options): Reply {
  const ns = namespaceOf(request);
  const ids = options.get('cursors');
  if (!Array.isArray(ids) || !ids.every((id) => id instanceof Long)) {
    throw new MongoError(9, "Field 'cursors' must be an array of cursor ids");
  }
  if (ids.length === 0) throw new MongoError(2, 'Must specify at least one cursor id');
  const killed = ids.filter((id) => engine.cursors.get(id)?.ns === ns && engine.cursors.kill(id));
  return new Map<string, Long[]>([
    ['cursorsKilled', killed],
    ['cursorsNotFound', ids.filter((id) => !killed.includes(id))],
    ['cursorsAlive', []],
    ['cursorsUnknown', []],
  ]);
}

/** @throws MongoError as MongoDB does for each part of the command */
export function readCount(options: Options): Query {
  return {
    ...readQuery(options),
    // A negative limit is an old client's word for a single batch.
    limit: Math.abs(options.number('limit') ?? 0),
    skip: options.count('skip'),
  };
}

/** The `query` of count and distinct, which may be null. */
export function readQuery(options: Options): Query {
  const filter = parseFilter(
    (options.get('query') === null ? undefined : options.document('query')) ?? new Map(),
  );
  return { filter, sort: new Map(), limit: 0, skip: 0, hint: options.hint() };
}

/** Whether the query finds every document. */
export function countsAll({ filter, hint }: Query): boolean {
  return filter.kind === 'and' && filter.children.length === 0 && hint === undefined;
}

/** The number of documents that match: where there is no condition, as the storage keeps it. */
export async function count(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const query = readCount(options);
  const view = engine.read(request, collectionNameOf(request));
  try {
    const { limit, skip } = query;
    const left = Math.max(0, (view?.documentCount() ?? 0) - skip);
    const n = countsAll(query)
      ? Math.min(left, limit || Infinity)
      : (await runToEnd(planCount(view, query), { view, clock: clockOf(request, options) })).returned;
    return bson({ n });
  } finally {
    view?.release();
  }
}

/** The values that a field has in the documents that match, each once; an array counts as its elements. */
export async function distinct(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const key = options.string('key');
  const query = readQuery(options);
  const view = engine.read(request, collectionNameOf(request));
  const clock = clockOf(request, options);
  try {
    const values = new Map<string, BsonValue>();
    const fields = new Set([topLevelName(key)]);
    await runToEnd(planQuery(view, query), { view, clock }, ({ bytes }) => {
      for (const value of valuesAtPath(decodeFields(bytes!, fields), key)) {
        const component = encodeKeyComponent(value, 1);
        const identity = Buffer.from(component).toString('latin1');
        if (values.has(identity)) continue;
        clock.takeMemory(2 * identity.length);
        values.set(identity, value);
      }
    });
    const reply = new Map([['values', inIndexOrder(values, key, view)]]);
    if (encodeDocument(reply).length <= MAX_DOCUMENT_BYTES) return reply;
    throw new MongoError(17217, 'distinct too big, 16mb cap');
  } finally {
    clock.end();
    view?.release();
  }
}

/** MongoDB reads the values of a field that an index begins with from there, and gives them in its order. */
function inIndexOrder(values: Map<string, BsonValue>, key: string, view: CollectionView | null): BsonValue[] {
  const index = view?.collection.indexes.find(
    (each) => !each.specOnly && !each.partial && each.key.keys().next().value === key,
  );
  if (!index) return [...values.values()];
  const ascending = [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
  return directionOf(index.key.get(key)!) === 1 ? ascending : ascending.reverse();
}

/** It runs out at the deadline, and when nobody waits for the answer any more. */
export function clockOf({ connection }: CommandRequest, options: Options): Clock {
  const clock = new Clock(options.deadline());
  clock.client = connection;
  return clock;
}
