import { BsonDocument } from '../language/bson-value';
import { encodeDocument } from '../language/codec';
import { Execution } from '../planner/execution';
import { PipelineQuery } from '../planner/pipeline-query';
import { compileRest, documentOf, planPipeline } from '../planner/plan-pipeline';
import { documentStream } from './document-stream';

/**
 * Rows read ahead, with pauses, before the stages begin, which make none: enough that what holds the thread for long
 * is rare, few enough to fit into memory.
 */
const READ_AHEAD = 50_000;

/** The encoded results of a pipeline, with null where the thread may be given away. */
export function* pipelineStream(
  split: PipelineQuery,
  execution: Execution,
): Generator<Uint8Array | null, void, undefined> {
  const run = compileRest(split, execution);
  const plan = planPipeline(execution.view, split);
  if (split.rest.length === 0) return yield* documentStream(plan, execution);
  const rows = plan.rows(execution);
  const ahead: BsonDocument[] = [];
  try {
    while (ahead.length < READ_AHEAD) {
      const { done, value } = rows.next();
      if (done) break;
      if (value) ahead.push(documentOf(value.bytes, split));
      else yield null;
    }
    const documents = (function* () {
      yield* ahead;
      for (const row of rows) if (row) yield documentOf(row.bytes, split);
    })();
    for (const document of run(documents)) yield encodeDocument(document);
  } finally {
    rows.return();
  }
}
