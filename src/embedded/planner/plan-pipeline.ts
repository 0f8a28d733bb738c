import { compilePipeline, PipelineSource } from '../language/aggregate';
import { BsonDocument, BsonValue } from '../language/bson-value';
import { decodeDocument, decodeFields } from '../language/codec';
import { CollectionView } from '../storage/view';
import { Execution } from './execution';
import { PipelineQuery, splitPipeline } from './pipeline-query';
import { planKeys } from './plan-count';
import { planQuery } from './plan-query';
import { Stage } from './stages/stage';

/** The rows that a pipeline begins with: documents, or only keys where its stages read no field. */
export function planPipeline(view: CollectionView | null, { query, fields }: PipelineQuery): Stage {
  return fields?.size === 0 ? planKeys(view, query) : planQuery(view, query);
}

/** Makes the stages behind the query ready to run on its rows' documents; `$lookup` and `$unionWith` plan their own. */
export function compileRest(
  { rest }: PipelineQuery,
  execution: Execution,
): (documents: Iterable<BsonDocument>) => Iterable<BsonDocument> {
  const source: PipelineSource = {
    aggregate: (collection, pipeline) =>
      runPipeline(execution.view?.sibling(collection) ?? null, pipeline, execution.deadline),
  };
  return compilePipeline(rest as BsonValue[], source);
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
  deadline: number,
): Generator<BsonDocument> {
  const split = splitPipeline(pipeline);
  const execution = new Execution(view, deadline);
  const rows = planPipeline(view, split).rows(execution);
  const documents = (function* () {
    for (const row of rows) if (row) yield documentOf(row.bytes, split);
  })();
  yield* compileRest(split, execution)(documents);
}
