import { compilePipeline, PipelineSource } from '../language/aggregate';
import { BsonDocument, BsonValue } from '../language/bson-value';
import { decodeDocument, decodeFields } from '../language/codec';
import { CollectionView } from '../storage/view';
import { Clock, Execution } from './execution';
import { PipelineQuery, splitPipeline } from './pipeline-query';
import { planKeys } from './plan-count';
import { planQuery } from './plan-query';
import { Stage } from './stages/stage';

/** The rows that a pipeline begins with: documents, or only keys where its stages read no field. */
export function planPipeline(view: CollectionView | null, { query, fields }: PipelineQuery): Stage {
  return fields?.size === 0 ? planKeys(view, query) : planQuery(view, query);
}

/**
 * Makes stages ready to run; `$lookup` and `$unionWith` plan queries of their own.
 * @throws MongoError for stages that are none
 */
export function compileStages(
  stages: readonly BsonDocument[],
  { view, clock }: Execution,
): (documents: Iterable<BsonDocument>) => Iterable<BsonDocument> {
  const source: PipelineSource = {
    aggregate: (collection, pipeline) => runPipeline(view?.sibling(collection) ?? null, pipeline, clock),
  };
  return compilePipeline(stages as BsonValue[], source);
}

/** A row's document, decoded no further than the stages behind the query need. */
export function documentOf(bytes: Uint8Array | undefined, { fields }: PipelineQuery): BsonDocument {
  if (!bytes) return new Map();
  return fields ? decodeFields(bytes, fields) : decodeDocument(bytes);
}

/** Runs a whole pipeline, without pauses. */
function* runPipeline(
  view: CollectionView | null,
  pipeline: readonly BsonDocument[],
  clock: Clock,
): Generator<BsonDocument> {
  const split = splitPipeline(pipeline);
  const execution = { view, clock };
  const rows = planPipeline(view, split).rows(execution);
  const documents = (function* () {
    for (const row of rows) if (row) yield documentOf(row.bytes, split);
  })();
  yield* compileStages(split.rest, execution)(documents);
}
