import { BsonDocument, isDocument, isNumber } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { toDouble } from '../language/numbers';
import { PipelineQuery, splitPipeline } from '../planner/pipeline-query';
import type { CommandRequest } from './command';
import { DEFAULT_BATCH_SIZE } from './find-query';
import { Options } from './options';

/** An aggregate command, read and checked. */
interface AggregateCommand {
  readonly split: PipelineQuery;
  readonly batchSize: number;
  readonly deadline: number;
}

/** @throws MongoError as MongoDB does for each part of the command */
export function readAggregate(request: CommandRequest, isExplained = false): AggregateCommand {
  const options = new Options(request, {
    taken: ['pipeline', 'cursor', 'explain', 'hint'],
    ignored: ['allowDiskUse', 'bypassDocumentValidation'],
    refused: ['collation'],
  });
  if (isNumber(request.body.get('aggregate'))) {
    throw new MongoError(73, '{aggregate: 1} is not supported; a collection is required.');
  }
  const pipeline = options.get('pipeline');
  if (!Array.isArray(pipeline)) throw new MongoError(14, "'pipeline' option must be specified as an array");
  if (!pipeline.every(isDocument))
    throw new MongoError(14, "Each element of the 'pipeline' array must be an object");
  const cursor = options.get('cursor');
  if (cursor === undefined && !isExplained) {
    throw new MongoError(
      9,
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  }
  if (cursor !== undefined && !isDocument(cursor)) {
    throw new MongoError(14, 'cursor field must be missing or an object');
  }
  return {
    split: splitPipeline(pipeline, options.hint()),
    batchSize: cursor ? readBatchSize(cursor) : DEFAULT_BATCH_SIZE,
    deadline: options.deadline(),
  };
}

function readBatchSize(cursor: BsonDocument): number {
  for (const name of cursor.keys()) {
    if (name !== 'batchSize')
      throw new MongoError(9, `cursor object can't contain fields other than batchSize`);
  }
  const batchSize = cursor.get('batchSize');
  if (batchSize === undefined) return DEFAULT_BATCH_SIZE;
  if (!isNumber(batchSize)) throw new MongoError(14, 'cursor.batchSize field must be a number');
  if (toDouble(batchSize) < 0) throw new MongoError(2, 'cursor.batchSize must not be negative');
  return Math.trunc(toDouble(batchSize));
}
