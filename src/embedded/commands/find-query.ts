import { BsonDocument } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { formatForMessage } from '../language/message-format';
import { compileProjection } from '../language/projection';
import { parseSort } from '../language/sort';
import { Query } from '../planner/query';
import { CommandRequest } from './command';
import { Options, OptionTable } from './options';

const findOptions: OptionTable = {
  taken: ['filter', 'sort', 'projection', 'hint', 'skip', 'limit', 'batchSize', 'singleBatch'],
  ignored: ['allowDiskUse', 'allowPartialResults', 'noCursorTimeout', 'oplogReplay', 'readOnce'],
  refused: ['collation', 'max', 'min', 'returnKey', 'showRecordId', 'tailable', 'awaitData'],
};

/** MongoDB's first batch where the client does not say how large it wants it. */
export const DEFAULT_BATCH_SIZE = 101;

/** A find command, read and checked. */
export interface FindCommand {
  readonly query: Query;
  readonly batchSize: number;
  readonly singleBatch: boolean;
  readonly deadline: number;
}

/** @throws MongoError as MongoDB does for each part of the command */
export function readFind(request: CommandRequest): FindCommand {
  const options = new Options(request, findOptions);
  const query: Query = {
    filter: parseFilter(options.document('filter')),
    sort: options.document('sort'),
    projection: options.document('projection'),
    hint: options.hint(),
    skip: options.count('skip', 'Skip'),
    limit: options.count('limit', 'Limit'),
  };
  checkSort(query.sort);
  compileProjection(query.projection!);
  return {
    query,
    batchSize:
      options.get('batchSize') === undefined ? DEFAULT_BATCH_SIZE : options.count('batchSize', 'BatchSize'),
    singleBatch: options.boolean('singleBatch'),
    deadline: options.deadline(),
  };
}

function checkSort(sort: BsonDocument): void {
  if (!sort.has('$natural')) parseSort(sort);
  else if (sort.size > 1) {
    throw new MongoError(2, `Cannot include '$natural' in compound sort: ${formatForMessage(sort)}`);
  }
}
