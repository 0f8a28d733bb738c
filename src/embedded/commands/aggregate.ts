import { answerWithCursor } from '../cursors/answer-with-cursor';
import { pipelineStream } from '../cursors/pipeline-stream';
import { clockOf } from '../cursors/client-presence';
import { ResumableView } from '../cursors/resumable-view';
import type { Engine } from '../engine';
import { BsonDocument } from '../language/bson-value';
import { readAggregate } from './aggregate-query';
import type { CommandRequest, Reply } from './command';
import { explain } from './explain';
import { collectionNameOf, namespaceOf } from './namespace';

/** What the stages of a pipeline make of a collection's documents, as a cursor. */
export async function aggregate(request: CommandRequest, engine: Engine): Promise<Reply> {
  if (request.body.get('explain') === true) return explain(explanationOf(request), engine);
  const { split, batchSize, deadline } = readAggregate(request);
  const stored = engine.read(request, collectionNameOf(request));
  const view = stored && new ResumableView(stored);
  try {
    const clock = clockOf(request, deadline);
    const source = { stream: pipelineStream(split, { view, clock }), clock, view, isExhausted: () => false };
    return await answerWithCursor(request, engine, { ns: namespaceOf(request), source, batchSize });
  } finally {
    view?.release();
  }
}

/** `explain: true` is the older way to ask. */
function explanationOf(request: CommandRequest): CommandRequest {
  const command = new Map(request.body);
  command.delete('explain');
  const body: BsonDocument = new Map();
  return { ...request, name: 'explain', body: body.set('explain', command).set('verbosity', 'queryPlanner') };
}
