import { compilePipeline } from '../language/aggregate';
import { BsonDocument, BsonValue } from '../language/bson-value';
import { decodeDocument, decodeFields } from '../language/codec';
import { Stage as PipelineStage } from '../language/stage';
import { CollectionView } from '../storage/view';
import { Clock, Execution } from './execution';
import { PipelineQuery, splitPipeline } from './pipeline-query';
import { planKeys } from './plan-count';
import { planQuery } from './plan-query';
import { Rows, Stage } from './stages/stage';

/** The rows that a pipeline begins with: documents, or only keys where its stages read no field. */
export function planPipeline(view: CollectionView | null, { query, fields }: PipelineQuery): Stage {
  return fields?.size === 0 ? planKeys(view, query) : planQuery(view, query);
}

/**
 * Makes stages ready to run; `$lookup` and `$unionWith` plan queries of their own.
 * @throws MongoError for stages that are none
 */
export function compileStages(stages: readonly BsonDocument[], { view, clock }: Execution): PipelineStage {
  return compilePipeline(stages as BsonValue[], {
    aggregate: (collection, pipeline) => runPipeline(view?.sibling(collection) ?? null, pipeline, clock),
    pauses: () => clock.pauses(),
    takeMemory: (bytes) => clock.takeMemory(bytes),
  });
}

/** The documents that a pipeline begins with, decoded no further than its stages need. */
export function* documentsOf(rows: Rows, { fields }: PipelineQuery): Generator<BsonDocument | null> {
  for (const row of rows) {
    if (!row) yield null;
    else if (!row.bytes) yield new Map();
    else yield fields ? decodeFields(row.bytes, fields) : decodeDocument(row.bytes);
  }
}

function* runPipeline(
  view: CollectionView | null,
  pipeline: readonly BsonDocument[],
  clock: Clock,
): Generator<BsonDocument | null> {
  const split = splitPipeline(pipeline);
  const execution = { view, clock };
  const rows = planPipeline(view, split).rows(execution);
  yield* compileStages(split.rest, execution)(documentsOf(rows, split));
}
