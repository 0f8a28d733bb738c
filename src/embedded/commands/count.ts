import { clockOf } from '../cursors/client-presence';
import { runToEnd } from '../cursors/run-to-end';
import type { Engine } from '../engine';
import { parseFilter } from '../language/filter';
import { MongoError } from '../language/errors';
import { count as countValue } from '../planner/explain-format';
import { planCount } from '../planner/plan-count';
import { Query } from '../planner/query';
import type { CommandRequest, Reply } from './command';
import { collectionNameOf } from './namespace';
import { Options } from './options';

/** @throws MongoError as MongoDB does for each part of the command */
export function readCount(request: CommandRequest): { query: Query; deadline: number } {
  const options = new Options(request, {
    taken: ['query', 'limit', 'skip', 'hint'],
    ignored: ['fields'],
    refused: ['collation'],
    generated: true,
  });
  const skip = options.number('skip') ?? 0;
  if (skip < 0) throw new MongoError(51024, `BSON field 'skip' value must be >= 0, actual value '${skip}'`);
  const query: Query = {
    filter: parseFilter(options.document('query')),
    sort: new Map(),
    // A negative limit is an old client's word for a single batch.
    limit: Math.abs(options.number('limit') ?? 0),
    skip,
    hint: options.hint(),
  };
  return { query, deadline: options.deadline() };
}

/** The number of documents that match. */
export async function count(request: CommandRequest, engine: Engine): Promise<Reply> {
  const { query, deadline } = readCount(request);
  const view = engine.read(request, collectionNameOf(request));
  try {
    const plan = planCount(view, query);
    await runToEnd(plan, { view, clock: clockOf(request, deadline) });
    return new Map([['n', countValue(plan.counted)]]);
  } finally {
    view?.release();
  }
}
