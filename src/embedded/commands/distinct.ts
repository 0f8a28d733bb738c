import { clockOf } from '../cursors/client-presence';
import { runToEnd } from '../cursors/run-to-end';
import type { Engine } from '../engine';
import { BsonValue } from '../language/bson-value';
import { decodeFields, encodeDocument } from '../language/codec';
import { MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { directionOf } from '../language/index-key';
import { encodeKeyComponent } from '../language/key-component';
import { topLevelName, valuesAtPath } from '../language/path';
import { planQuery } from '../planner/plan-query';
import { Query } from '../planner/query';
import { CollectionView } from '../storage/view';
import type { CommandRequest, Reply } from './command';
import { MAX_DOCUMENT_BYTES } from './limits';
import { collectionNameOf } from './namespace';
import { Options } from './options';

/** @throws MongoError as MongoDB does for each part of the command */
export function readDistinct(request: CommandRequest): { key: string; query: Query; deadline: number } {
  const options = new Options(request, {
    taken: ['key', 'query', 'hint'],
    refused: ['collation'],
    generated: true,
  });
  const query: Query = {
    filter: parseFilter(options.document('query')),
    sort: new Map(),
    limit: 0,
    skip: 0,
    hint: options.hint(),
  };
  return { key: options.string('key'), query, deadline: options.deadline() };
}

/** The values that a field has in the documents that match, each once; an array counts as its elements. */
export async function distinct(request: CommandRequest, engine: Engine): Promise<Reply> {
  const { key, query, deadline } = readDistinct(request);
  const view = engine.read(request, collectionNameOf(request));
  try {
    const values = new Map<string, BsonValue>();
    const fields = new Set([topLevelName(key)]);
    const execution = { view, clock: clockOf(request, deadline) };
    await runToEnd(planQuery(view, query), execution, ({ bytes }) => {
      for (const value of valuesAtPath(decodeFields(bytes!, fields), key)) {
        const identity = Buffer.from(encodeKeyComponent(value, 1)).toString('latin1');
        if (!values.has(identity)) values.set(identity, value);
      }
    });
    return checkedReply(inIndexOrder(values, key, view));
  } finally {
    view?.release();
  }
}

/** MongoDB reads the values of a field that an index begins with from there, and gives them in its order. */
function inIndexOrder(values: Map<string, BsonValue>, key: string, view: CollectionView | null): BsonValue[] {
  const index = view?.collection.indexes.find(
    (each) => !each.specOnly && each.partial === null && each.key.keys().next().value === key,
  );
  if (!index) return [...values.values()];
  const ascending = [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
  return directionOf(index.key.get(key)!) === 1 ? ascending : ascending.reverse();
}

function checkedReply(values: BsonValue[]): Reply {
  const reply = new Map([['values', values]]);
  if (encodeDocument(reply).length > MAX_DOCUMENT_BYTES)
    throw new MongoError(17217, 'distinct too big, 16mb cap');
  return reply;
}
