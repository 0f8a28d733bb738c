import { compilePipeline, countOf, fieldsOf, readMatch, readUnion } from '../language/aggregate';
import { BsonDocument, BsonValue } from '../language/bson-value';
import { decodeFields, encodeDocument } from '../language/codec';
import { collectExpressionFields } from '../language/expression';
import { FilterNode } from '../language/filter';
import { parseSort } from '../language/index-key';
import { IndexEntry } from '../storage/keys';
import { CollectionView } from '../storage/view';
import { conjunctsOf } from './bounds';
import { Run } from './execution';
import { foundRows, Plan, Query, rowsOf } from './plan';
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

/**
 * Takes as many stages off the beginning of a pipeline as a query can say, and those off its end that add to its results.
 * @throws MongoError for a stage that it takes and that is invalid
 */
export function splitPipeline(stages: readonly BsonDocument[], hint?: BsonValue): PipelineQuery {
  const end = stages.findLastIndex((stage) => !stage.has('$unionWith')) + 1;
  const rest = stages.slice(0, end);
  const take = <T>(name: string, read: (spec: BsonValue) => T, otherwise: T): T => {
    const [stage] = rest;
    if (stage?.size !== 1 || !stage.has(name)) return otherwise;
    rest.shift();
    return read(stage.get(name)!);
  };
  const children: FilterNode[] = [];
  for (let next; (next = take('$match', readMatch, null));) children.push(...conjunctsOf(next));
  // In the order in which a query does them.
  const sort = take('$sort', fieldsOf, new Map());
  const skip = take('$skip', (spec) => countOf(spec, 0, 15956), 0);
  const limit = take('$limit', (spec) => countOf(spec, 1, 15958), 0);
  const projection = take('$project', fieldsOf, undefined);
  // The plan of a count does not look at it.
  parseSort(sort);
  const filter: FilterNode = children.length === 1 ? children[0]! : { kind: 'and', children };
  const fields = projection ? null : fieldsRead(rest[0]);
  return { query: { filter, sort, skip, limit, projection, hint, fields }, rest, unions: stages.slice(end) };
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
function* decodedRows(plan: Plan, run: Run): Generator<BsonDocument | null> {
  const { decode } = plan;
  const { fields = null } = plan.query;
  // Past the stages that have nothing to do: here it is the single row that counts.
  for (const row of decode ? foundRows(plan, run) : rowsOf(plan, run)) {
    if (!row) yield null;
    else if (!row.bytes && !decode) yield new Map();
    else {
      const decoded = row.bytes ? null : decode!(row as IndexEntry);
      yield decoded ?? decodeFields(row.bytes ?? run.view!.document(row.recordId)!, fields);
    }
  }
}
