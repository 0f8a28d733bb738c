import { Long } from 'bson';
import { cursorReply } from '../cursors/answer-with-cursor';
import { cursorsOf } from '../cursors/open-cursors';
import type { Engine } from '../engine';
import { MongoError } from '../language/errors';
import type { CommandRequest, Reply } from './command';
import { Options } from './options';

/** The next batch of a cursor. */
export async function getMore(request: CommandRequest, engine: Engine): Promise<Reply> {
  const options = new Options(request, {
    taken: ['collection', 'batchSize'],
    ignored: ['term', 'lastKnownCommittedOpTime'],
  });
  const id = options.get('getMore');
  const collection = options.get('collection');
  if (!(id instanceof Long)) throw new MongoError(14, "Field 'getMore' must be of type long");
  if (typeof collection !== 'string') throw new MongoError(14, "Field 'collection' must be of type string");
  const batchSize = options.number('batchSize') ?? 0;
  if (batchSize < 0)
    throw new MongoError(2, `Batch size for getMore must be positive, but received: ${batchSize}`);

  const cursors = cursorsOf(engine);
  const cursor = cursors.use(id);
  if (!cursor) throw new MongoError(43, `cursor id ${id} not found`);
  const ns = `${request.db}.${collection}`;
  if (cursor.ns !== ns) {
    throw new MongoError(
      13,
      `Requested getMore on namespace '${ns}', but cursor belongs to a different namespace ${cursor.ns}`,
    );
  }
  cursor.admit(id, request);
  try {
    const documents = await cursor.next(batchSize || Infinity, request, () =>
      engine.read(request, collection),
    );
    if (!cursor.isExhausted) return cursorReply('nextBatch', documents, id, ns);
    cursors.kill(id);
    return cursorReply('nextBatch', documents, Long.ZERO, ns);
  } catch (error) {
    cursors.kill(id);
    throw error;
  }
}
