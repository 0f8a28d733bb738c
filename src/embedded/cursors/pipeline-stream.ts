import { readUnion } from '../language/aggregate-join';
import { BsonDocument } from '../language/bson-value';
import { encodeDocument } from '../language/codec';
import { Execution } from '../planner/execution';
import { PipelineQuery, splitPipeline } from '../planner/pipeline-query';
import { compileStages, documentsOf, planPipeline } from '../planner/plan-pipeline';
import { documentStream } from './document-stream';

type EncodedDocuments = Generator<Uint8Array | null, void, undefined>;

/**
 * The encoded results of a pipeline, with null where the thread may be given away. Documents that no stage touches
 * are not decoded, also those of a `$unionWith` at the end.
 * @throws MongoError for stages that are none
 */
export function pipelineStream(split: PipelineQuery, execution: Execution): EncodedDocuments {
  compileStages(split.rest, execution);
  const unions = split.rest.slice(split.rest.findLastIndex((stage) => !isUnion(stage)) + 1);
  const stages = split.rest.slice(0, split.rest.length - unions.length);
  return concatenated({ ...split, rest: stages }, unions, execution);
}

function* concatenated(split: PipelineQuery, unions: BsonDocument[], execution: Execution): EncodedDocuments {
  yield* stageStream(split, execution);
  for (const union of unions) {
    const { collection, pipeline } = readUnion(union.get('$unionWith')!);
    const view = execution.view?.sibling(collection) ?? null;
    yield* pipelineStream(splitPipeline(pipeline), { view, clock: execution.clock });
  }
}

function isUnion(stage: BsonDocument): boolean {
  return stage.has('$unionWith');
}

function* stageStream(split: PipelineQuery, execution: Execution): EncodedDocuments {
  const plan = planPipeline(execution.view, split);
  if (split.rest.length === 0) return yield* documentStream(plan, execution);
  const documents = documentsOf(plan.rows(execution), split);
  for (const document of compileStages(split.rest, execution)(documents)) {
    yield document && encodeDocument(document);
  }
}
