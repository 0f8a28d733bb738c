import { Long } from 'bson';
import { CommandRequest, RawDocuments, Reply, ReplyValue } from '../commands/command';
import type { Engine } from '../engine';
import { ClientCursor, CursorSource } from './client-cursor';
import { cursorsOf } from './open-cursors';

interface Answer {
  readonly ns: string;
  readonly source: CursorSource;
  readonly batchSize: number;
  /** Whether the first batch is to be the only one. */
  readonly singleBatch?: boolean;
}

/** The first batch of a query's results, and a cursor for the others where there are more. */
export async function answerWithCursor(
  request: CommandRequest,
  engine: Engine,
  { ns, source, batchSize, singleBatch = false }: Answer,
): Promise<Reply> {
  const cursor = new ClientCursor(ns, source, request);
  const documents = await cursor.first(batchSize);
  if (!cursor.isExhausted && !singleBatch) {
    return cursorReply('firstBatch', documents, cursorsOf(engine).add(cursor), ns);
  }
  cursor.close();
  return cursorReply('firstBatch', documents, Long.ZERO, ns);
}

/** The part of a reply that carries a batch; `id` 0 where no more is to come. */
export function cursorReply(
  field: 'firstBatch' | 'nextBatch',
  documents: Uint8Array[],
  id: Long,
  ns: string,
): Reply {
  const cursor: Reply = new Map<string, ReplyValue>([
    [field, new RawDocuments(documents)],
    ['id', id],
    ['ns', ns],
  ]);
  return new Map([['cursor', cursor]]);
}
