import { compilePipeline, countOf, fieldsOf, readMatch, readUnion } from '../language/aggregate';
import { BsonDocument, BsonValue } from '../language/bson-value';
import { decodeFields, encodeDocument } from '../language/codec';
import { Documents } from '../language/evaluation';
import { collectExpressionFields } from '../language/expression';
import { FilterNode } from '../language/filter';
import { parseSort } from '../language/index-key';
import { compileProjection } from '../language/projection';
import { CollectionView } from '../storage/view';
import { conjunctsOf } from './bounds';
import { Run } from './execution';
import { Plan, Query, Rows, rowsOf, rowsOfWalk } from './plan';
import { planCount, planQuery } from './plan-query';

/** An aggregation pipeline, its beginning as a query that indexes can answer. */
export interface PipelineQuery {
  /** Its `fields` are what the rest reads. */
  readonly query: Query;
  /** The stages that are left. */
  readonly rest: readonly BsonDocument[];
  /** Stages `$unionWith` at the end. */
  readonly unions: readonly BsonDocument[];
}

/** What a query says of the first stages of a pipeline. */
interface Leading {
  filters: FilterNode[];
  sort: BsonDocument;
  skip: number;
  limit: number;
  projection?: BsonDocument;
}

/** The stages that a query can say, in the order in which it does them. */
const LEADING: readonly (readonly [stage: string, read: (leading: Leading, spec: BsonValue) => void])[] = [
  ['$match', (leading, spec) => leading.filters.push(readMatch(spec))],
  ['$sort', (leading, spec) => parseSort((leading.sort = fieldsOf(spec)))],
  ['$skip', (leading, spec) => (leading.skip = countOf(spec, 0, 15956))],
  ['$limit', (leading, spec) => (leading.limit = countOf(spec, 1, 15958))],
  ['$project', (leading, spec) => compileProjection((leading.projection = fieldsOf(spec)))],
];

/**
 * Takes as many stages off the beginning of a pipeline as a query can say, and those off its end that add to its results.
 * @throws MongoError for a stage that it takes and that is invalid
 */
export function splitPipeline(stages: readonly BsonDocument[], hint?: BsonValue): PipelineQuery {
  const end = stages.findLastIndex((stage) => !stage.has('$unionWith')) + 1;
  const pipeline = stages.slice(0, end);
  const leading: Leading = { filters: [], sort: new Map(), skip: 0, limit: 0 };
  let taken = 0;
  for (const [name, read] of LEADING) {
    while (pipeline[taken]?.has(name) && pipeline[taken]!.size === 1) {
      read(leading, pipeline[taken++]!.get(name)!);
      if (name !== '$match') break;
    }
  }
  const { filters, ...order } = leading;
  const children = filters.flatMap(conjunctsOf);
  const filter: FilterNode = children.length === 1 ? children[0]! : { kind: 'and', children };
  const fields = order.projection ? null : fieldsRead(pipeline[taken]);
  return {
    query: { filter, ...order, hint, fields },
    rest: pipeline.slice(taken),
    unions: stages.slice(end),
  };
}

/** What a stage that makes new documents reads of the old ones; null where it passes documents on, or may read all. */
function fieldsRead(stage: BsonDocument | undefined): ReadonlySet<string> | null {
  const fields = new Set<string>();
  if (stage?.has('$count')) return fields;
  const group = stage?.get('$group');
  return group !== undefined && collectExpressionFields(group, fields) ? fields : null;
}

/** The rows that a pipeline begins with: documents, or only keys where its stages read no field. */
export function planPipeline(view: CollectionView | null, { query }: PipelineQuery): Plan {
  return query.fields?.size === 0 ? planCount(view, query) : planQuery(view, query);
}

/** Encoded documents, with null where the thread may be given away. */
type EncodedDocuments = Generator<Uint8Array | null, void, undefined>;

/**
 * The encoded results of a pipeline, planned when the first is asked for. Documents that no stage touches are not decoded.
 * @throws MongoError for invalid stages
 */
export function* pipelineStream(split: PipelineQuery, run: Run): EncodedDocuments {
  const { view, clock } = run;
  const plan = planPipeline(view, split);
  if (split.rest.length === 0) for (const row of rowsOf(plan, run)) yield row && row.bytes!;
  else {
    const results = compilePipeline(split.rest, clock)(decodedRows(plan, run));
    for (const document of results) yield document && encodeDocument(document);
  }
  for (const union of split.unions) {
    const { collection, pipeline } = readUnion(union);
    yield* pipelineStream(splitPipeline(pipeline), new Run(view?.sibling(collection) ?? null, clock));
  }
}

/** The rows as documents, decoded no further than the stages behind the query need. */
function decodedRows(plan: Plan, run: Run): Documents {
  const { decode: decodeEntry, query, walks } = plan;
  const { fields } = query;
  const decode = (bytes: Uint8Array) => decodeFields(bytes, fields ?? null);
  if (!decodeEntry) return decodedDocuments(rowsOf(plan, run), decode);
  // Past the stages that have nothing to do: here it is the single row that counts.
  return rowsOfWalk(
    walks[0]!,
    run,
    null,
    (entry) => decodeEntry(entry) ?? decode(run.view!.document(entry.recordId)!),
  );
}

function* decodedDocuments(rows: Rows, decode: (bytes: Uint8Array) => BsonDocument): Documents {
  for (const row of rows) yield row && (row.bytes ? decode(row.bytes) : new Map());
}
