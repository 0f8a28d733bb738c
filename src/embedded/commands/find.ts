import type { Engine } from '../engine';
import { answerWithCursor } from '../cursors/answer-with-cursor';
import { documentStream } from '../cursors/document-stream';
import { clockOf } from '../cursors/client-presence';
import { ResumableView } from '../cursors/resumable-view';
import { planQuery } from '../planner/plan-query';
import type { CommandRequest, Reply } from './command';
import { readFind } from './find-query';
import { collectionNameOf, namespaceOf } from './namespace';

/** The documents that match, as a cursor. */
export async function find(request: CommandRequest, engine: Engine): Promise<Reply> {
  const { query, deadline, batchSize, singleBatch } = readFind(request);
  const stored = engine.read(request, collectionNameOf(request));
  const view = stored && new ResumableView(stored);
  try {
    const plan = planQuery(view, query);
    const clock = clockOf(request, deadline);
    const source = {
      stream: documentStream(plan, { view, clock }),
      clock,
      view,
      isExhausted: () => plan.isExhausted,
    };
    const ns = namespaceOf(request);
    return await answerWithCursor(request, engine, { ns, source, batchSize, singleBatch });
  } finally {
    view?.release();
  }
}
