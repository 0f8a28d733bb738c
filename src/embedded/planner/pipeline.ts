import { compilePipeline, expandPipeline, readUnion } from '../language/aggregate';
import { BsonDocument, BsonValue, isDocument, isNumber } from '../language/bson-value';
import { decodeDocument, decodeFields, encodeDocument } from '../language/codec';
import { Documents, PipelineSource } from '../language/evaluation';
import { collectExpressionFields } from '../language/expression';
import { parseFilter } from '../language/filter';
import { FilterNode } from '../language/filter';
import { parseSort } from '../language/index-key';
import { toDouble } from '../language/numbers';
import { compileProjection } from '../language/projection';
import { CollectionView } from '../storage/view';
import { conjunctsOf } from './bounds';
import { Run } from './execution';
import { Plan, Query, rowsOf, rowsOfWalk } from './plan';
import { planCount, planQuery } from './plan-query';

/** An aggregation pipeline, its beginning as a query that indexes can answer. */
export interface PipelineQuery {
  /** Its `fields` are what the rest reads. */
  readonly query: Query;
  /** The stages that are left. */
  readonly rest: readonly BsonDocument[];
}

interface Leading {
  filters: FilterNode[];
  sort: BsonDocument;
  skip: number;
  limit: number;
  projection?: BsonDocument;
}

/**
 * Takes as many stages off the beginning of a pipeline as a query can say: `$match`, `$sort`, `$skip`, `$limit` and
 * then a `$project`.
 * @throws MongoError for a filter or an order that is none
 */
export function splitPipeline(stages: readonly BsonDocument[], hint?: BsonValue): PipelineQuery {
  const pipeline = expandPipeline(stages);
  const leading: Leading = { filters: [], sort: new Map(), skip: 0, limit: 0 };
  let taken = 0;
  while (taken < pipeline.length && takes(leading, pipeline[taken]!)) taken++;
  const rest = pipeline.slice(taken);
  const { filters, ...order } = leading;
  const children = filters.flatMap(conjunctsOf);
  const filter: FilterNode = children.length === 1 ? children[0]! : { kind: 'and', children };
  return { query: { filter, ...order, hint, fields: order.projection ? null : fieldsRead(rest[0]) }, rest };
}

/** Makes the stage part of the query; false where it says more than a query can. */
function takes(leading: Leading, stage: BsonDocument): boolean {
  const [[name, spec]] = stage as unknown as [[string, BsonValue]];
  const isCut = leading.skip + leading.limit > 0;
  if (leading.projection) return false;
  if (name === '$skip' || name === '$limit') {
    const count = isNumber(spec) ? Math.trunc(toDouble(spec)) : -1;
    if (count < Number(name === '$limit') || leading.limit > 0) return false;
    if (name === '$skip') leading.skip += count;
    else leading.limit = count;
    return true;
  }
  if (!isDocument(spec)) return false;
  if (name === '$match' && !isCut) leading.filters.push(parseFilter(spec));
  else if (name === '$sort' && spec.size > 0 && !isCut && leading.sort.size === 0) {
    parseSort(spec);
    leading.sort = spec;
  } else if (name === '$project' && spec.size > 0) {
    compileProjection(spec);
    leading.projection = spec;
  } else return false;
  return true;
}

/** What a stage that makes new documents reads of the old ones; null where it passes documents on, or may read all. */
function fieldsRead(stage: BsonDocument | undefined): ReadonlySet<string> | null {
  const fields = new Set<string>();
  const group = stage?.get('$group');
  return group !== undefined && collectExpressionFields(group, fields) ? fields : null;
}

/** The rows that a pipeline begins with: documents, or only keys where its stages read no field. */
export function planPipeline(view: CollectionView | null, { query }: PipelineQuery): Plan {
  return query.fields?.size === 0 ? planCount(view, query) : planQuery(view, query);
}

/** Encoded documents, with null where the thread may be given away. */
export type EncodedDocuments = Generator<Uint8Array | null, void, undefined>;

/**
 * The encoded results of a pipeline. Documents that no stage touches are not decoded, also those of a `$unionWith` at the
 * end.
 * @throws MongoError for stages that are none
 */
export function pipelineStream({ query, rest }: PipelineQuery, run: Run): EncodedDocuments {
  compilePipeline(rest, sourceOf(run));
  const unions = rest.slice(rest.findLastIndex((stage) => !stage.has('$unionWith')) + 1);
  return concatenated({ query, rest: rest.slice(0, rest.length - unions.length) }, unions, run);
}

function* concatenated(split: PipelineQuery, unions: BsonDocument[], run: Run): EncodedDocuments {
  if (split.rest.length === 0) yield* encodedRows(planQuery(run.view, split.query), run);
  else for (const document of resultsOf(split, run)) yield document && encodeDocument(document);
  for (const union of unions) {
    const { collection, pipeline } = readUnion(union.get('$unionWith')!);
    const view = run.view?.sibling(collection) ?? null;
    yield* pipelineStream(splitPipeline(pipeline), new Run(view, run.clock));
  }
}

/** The documents that a plan finds, as they are stored or projected. */
export function* encodedRows(plan: Plan, run: Run): EncodedDocuments {
  for (const row of rowsOf(plan, run)) yield row && row.bytes!;
}

function resultsOf(split: PipelineQuery, run: Run): Documents {
  const plan = planPipeline(run.view, split);
  return compilePipeline(split.rest, sourceOf(run))(decodedRows(plan, split, run));
}

/** The rows as documents, decoded no further than the stages behind the query need. */
function decodedRows(plan: Plan, { query: { fields } }: PipelineQuery, run: Run): Documents {
  const decode = (bytes: Uint8Array) => (fields ? decodeFields(bytes, fields) : decodeDocument(bytes));
  const decodeEntry = plan.decode;
  const [walk] = plan.walks;
  if (!decodeEntry || !walk) return decodedDocuments(plan, run, decode);
  // Past the stages that have nothing to do: here it is the single row that counts.
  return rowsOfWalk(
    walk,
    run,
    null,
    (entry) => decodeEntry(entry) ?? decode(run.view!.document(entry.recordId)!),
  );
}

function* decodedDocuments(plan: Plan, run: Run, decode: (bytes: Uint8Array) => BsonDocument): Documents {
  for (const row of rowsOf(plan, run)) {
    if (!row) yield null;
    else yield row.bytes ? decode(row.bytes) : new Map<string, BsonValue>();
  }
}

/** Where `$unionWith` plans queries of its own, and stages that hold much say so. */
function sourceOf({ view, clock }: Run): PipelineSource {
  return {
    aggregate: (collection, pipeline) =>
      resultsOf(splitPipeline(pipeline), new Run(view?.sibling(collection) ?? null, clock)),
    pauses: () => clock.pauses(),
    takeMemory: (bytes) => clock.takeMemory(bytes),
  };
}
