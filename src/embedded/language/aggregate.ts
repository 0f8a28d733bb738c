import { Int32 } from 'bson';
import { bucketStage } from './aggregate-bucket';
import { groupStage } from './aggregate-group';
import { facetStage, lookupStage, unionWithStage } from './aggregate-join';
import { addFieldsStage, projectStage, replaceRootStage, unsetStage } from './aggregate-shape';
import { unwindStage } from './aggregate-unwind';
import { BsonDocument, BsonValue, isDocument, isNumber, typeName } from './bson-value';
import { MongoError } from './errors';
import { parseFilter } from './filter';
import { compileFilter } from './filter-match';
import { integerPart } from './filter-operands';
import { toDouble } from './numbers';
import { sortKeyOf } from './sort';

/** What a stage makes of the documents that reach it. Stages are lazy as far as they can be. */
export type Stage = (documents: Iterable<BsonDocument>) => Iterable<BsonDocument>;

/** Where stages read other collections. */
export interface PipelineSource {
  /** What a pipeline gives on another collection of the same database; nothing where there is no such collection. */
  aggregate(collection: string, pipeline: readonly BsonDocument[]): Iterable<BsonDocument>;
}

/** Makes one stage from what is written behind its name, `name` being that. */
export type StageParser = (spec: BsonValue, source: PipelineSource, name: string) => Stage;

const STAGES: Readonly<Record<string, StageParser>> = {
  $match: matchStage,
  $sort: sortStage,
  $limit: limitStage,
  $skip: skipStage,
  $project: projectStage,
  $addFields: addFieldsStage,
  $set: addFieldsStage,
  $unset: unsetStage,
  $replaceRoot: replaceRootStage,
  $replaceWith: replaceRootStage,
  $group: groupStage,
  $count: countStage,
  $sortByCount: sortByCountStage,
  $bucket: (spec, source) => bucketStage(spec, (pipeline) => compilePipeline(pipeline, source)),
  $unwind: unwindStage,
  $sample: sampleStage,
  $lookup: lookupStage,
  $unionWith: unionWithStage,
  $facet: (spec, source) => facetStage(spec, (pipeline) => compilePipeline(pipeline, source)),
};

/** Stages of MongoDB 4.4 that this engine does without. */
const REFUSED = new Set(
  (
    '$bucketAuto $changeStream $collStats $currentOp $geoNear $graphLookup $indexStats $listLocalSessions ' +
    '$listSessions $merge $out $planCacheStats $redact'
  ).split(' '),
);

/**
 * Makes a pipeline ready to run.
 * @throws MongoError 40323, 40324 and others for what is none, NotImplemented (238) for stages that are not supported
 */
export function compilePipeline(pipeline: readonly BsonValue[], source: PipelineSource): Stage {
  const stages = pipeline.map((stage) => compileStage(stage, source));
  return (documents) => stages.reduce((reached, stage) => stage(reached), documents);
}

function compileStage(stage: BsonValue, source: PipelineSource): Stage {
  if (!isDocument(stage)) throw new MongoError(14, "Each element of the 'pipeline' array must be an object");
  const [entry] = stage;
  if (!entry || stage.size !== 1) {
    throw new MongoError(40323, 'A pipeline stage specification object must contain exactly one field.');
  }
  const [name, spec] = entry;
  if (REFUSED.has(name)) throw new MongoError(238, `${name} is not supported`);
  if (!Object.hasOwn(STAGES, name)) {
    throw new MongoError(40324, `Unrecognized pipeline stage name: '${name}'`);
  }
  return STAGES[name]!(spec, source, name);
}

function matchStage(spec: BsonValue): Stage {
  if (!isDocument(spec)) throw new MongoError(15959, 'the match filter must be an expression in an object');
  const { matches } = compileFilter(parseFilter(spec));
  return function* (documents) {
    for (const document of documents) if (matches(document)) yield document;
  };
}

function sortStage(spec: BsonValue): Stage {
  if (!isDocument(spec)) throw new MongoError(15973, 'the $sort key specification must be an object');
  if (spec.size === 0) throw new MongoError(15976, '$sort stage must have at least one sort key');
  const keyOf = sortKeyOf(spec);
  return function* (documents) {
    const keyed = Array.from(documents, (document) => ({ key: keyOf(document), document }));
    for (const { document } of keyed.sort((a, b) => Buffer.compare(a.key, b.key))) yield document;
  };
}

function limitStage(spec: BsonValue): Stage {
  if (!isNumber(spec)) throw new MongoError(15957, 'the limit must be specified as a number');
  const limit = Math.trunc(toDouble(spec));
  if (!(limit > 0)) throw new MongoError(15958, 'the limit must be positive');
  return function* (documents) {
    let left = limit;
    for (const document of documents) {
      yield document;
      if (--left === 0) return;
    }
  };
}

function skipStage(spec: BsonValue): Stage {
  if (!isNumber(spec)) {
    throw new MongoError(15972, `Argument to $skip must be a number not a ${typeName(spec)}`);
  }
  const skip = Number(integerPart(spec));
  if (skip < 0) throw new MongoError(15956, 'Argument to $skip cannot be negative');
  return function* (documents) {
    let left = skip;
    for (const document of documents) if (left-- <= 0) yield document;
  };
}

function countStage(spec: BsonValue): Stage {
  if (typeof spec !== 'string') throw new MongoError(40156, 'the count field must be a non-empty string');
  if (spec === '') throw new MongoError(40157, 'the count field must be a non-empty string');
  if (spec.startsWith('$')) throw new MongoError(40158, 'the count field cannot be a $-prefixed path');
  if (spec.includes('.')) throw new MongoError(40160, "the count field cannot contain '.'");
  return function* (documents) {
    let count = 0;
    const counted = documents[Symbol.iterator]();
    while (!counted.next().done) count++;
    if (count > 0) yield new Map([[spec, new Int32(count)]]);
  };
}

function sortByCountStage(spec: BsonValue, source: PipelineSource): Stage {
  if (typeof spec !== 'string' && !isDocument(spec)) {
    throw new MongoError(40149, 'the sortByCount field must be specified as a string or as an object');
  }
  if (typeof spec === 'string' && !spec.startsWith('$')) {
    throw new MongoError(
      40148,
      'the sortByCount field must be defined as a $-prefixed path or an expression inside an object',
    );
  }
  const count: BsonDocument = new Map([['$sum', new Int32(1)]]);
  const group: BsonDocument = new Map<string, BsonValue>([
    ['_id', spec],
    ['count', count],
  ]);
  const order: BsonDocument = new Map([['count', new Int32(-1)]]);
  return compilePipeline([new Map([['$group', group]]), new Map([['$sort', order]])], source);
}

function sampleStage(spec: BsonValue): Stage {
  if (!isDocument(spec)) throw new MongoError(28745, 'the $sample stage specification must be an object');
  const size = spec.get('size');
  if (size === undefined) throw new MongoError(28749, '$sample stage must specify a size');
  if (!isNumber(size)) throw new MongoError(28746, 'size argument to $sample must be a number');
  if (toDouble(size) < 0) throw new MongoError(28747, 'size argument to $sample must not be negative');
  return (documents) => {
    const shuffled = Array.from(documents, (document) => ({ document, place: Math.random() }));
    shuffled.sort((a, b) => a.place - b.place);
    return shuffled.slice(0, Math.trunc(toDouble(size))).map(({ document }) => document);
  };
}
