import { Int32 } from 'bson';
import { sizeOf } from './accumulators';
import { groupStage } from './aggregate-group';
import { facetStage, lookupStage, unionWithStage } from './aggregate-join';
import { addFieldsStage, projectStage, replaceRootStage, unsetStage, unwindStage } from './aggregate-shape';
import { BsonDocument, BsonValue, documentOf, isDocument, isNumber, typeName } from './bson-value';
import { check } from './errors';
import { parseFilter } from './filter';
import { compileFilter } from './filter-match';
import { toDouble } from './numbers';
import { sortByKey, sortKeyOf } from './index-key';
import { PipelineSource, Stage, StageParser } from './evaluation';

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
  $unwind: unwindStage,
  $sample: sampleStage,
  $lookup: lookupStage,
  $unionWith: unionWithStage,
  $facet: (spec, source) => facetStage(spec, source, (pipeline) => compilePipeline(pipeline, source)),
};

/** Stages of MongoDB that this engine does without. */
const REFUSED = new Set(
  (
    '$bucket $bucketAuto $changeStream $collStats $currentOp $densify $documents $fill $geoNear $graphLookup $indexStats ' +
    '$listLocalSessions $listSessions $merge $out $planCacheStats $redact $setWindowFields'
  ).split(' '),
);

/**
 * Makes a pipeline ready to run.
 * @throws MongoError 40323, 40324 and others for an invalid one, NotImplemented (238) for stages that are not supported
 */
export function compilePipeline(pipeline: readonly BsonValue[], source: PipelineSource): Stage {
  const stages = pipeline.map((stage) => compileStage(stage, source));
  return (documents) => stages.reduce((reached, stage) => stage(reached), documents);
}

function compileStage(stage: BsonValue, source: PipelineSource): Stage {
  check(isDocument(stage), 14, "Each element of the 'pipeline' array must be an object");
  const [entry] = stage;
  check(entry !== undefined && stage.size === 1, 40323, 'A pipeline stage must have exactly one field');
  const [name, spec] = entry;
  check(!REFUSED.has(name), 238, `${name} is not supported`);
  check(Object.hasOwn(STAGES, name), 40324, `Unrecognized pipeline stage name: '${name}'`);
  return STAGES[name]!(spec, source, name);
}

function matchStage(spec: BsonValue): Stage {
  check(isDocument(spec), 15959, 'the match filter must be an expression in an object');
  const { matches } = compileFilter(parseFilter(spec));
  return function* (documents) {
    for (const document of documents) if (!document || matches(document)) yield document;
  };
}

function sortStage(spec: BsonValue, source: PipelineSource): Stage {
  check(isDocument(spec), 15973, 'the $sort key specification must be an object');
  check(spec.size > 0, 15976, '$sort stage must have at least one sort key');
  const keyOf = sortKeyOf(spec);
  return function* (documents) {
    const keyed: { key: Uint8Array; document: BsonDocument }[] = [];
    for (const document of documents) {
      if (document) {
        const key = keyOf(document);
        source.takeMemory(sizeOf(document) + key.length);
        keyed.push({ key, document });
      } else {
        yield null;
      }
    }
    for (const { document } of yield* sortByKey(keyed, () => source.pauses())) {
      yield document;
      if (source.pauses()) yield null;
    }
  };
}

function limitStage(spec: BsonValue): Stage {
  check(isNumber(spec), 15957, 'the limit must be specified as a number');
  const limit = Math.trunc(toDouble(spec));
  check(limit > 0, 15958, 'the limit must be positive');
  return function* (documents) {
    let left = limit;
    for (const document of documents) {
      yield document;
      if (document && --left === 0) return;
    }
  };
}

function skipStage(spec: BsonValue): Stage {
  check(isNumber(spec), 15972, `Argument to $skip must be a number not a ${typeName(spec)}`);
  const skip = Math.trunc(toDouble(spec));
  check(skip >= 0, 15956, 'Argument to $skip cannot be negative');
  return function* (documents) {
    let left = skip;
    for (const document of documents) if (!document || left-- <= 0) yield document;
  };
}

function countStage(spec: BsonValue): Stage {
  check(typeof spec === 'string' && spec !== '', 40156, 'the count field must be a non-empty string');
  check(!spec.startsWith('$'), 40158, 'the count field cannot be a $-prefixed path');
  check(!spec.includes('.'), 40160, "the count field cannot contain '.'");
  return function* (documents) {
    let count = 0;
    for (const document of documents) {
      if (document) count++;
      else yield null;
    }
    if (count > 0) yield new Map([[spec, new Int32(count)]]);
  };
}

function sortByCountStage(spec: BsonValue, source: PipelineSource): Stage {
  const isValid = isDocument(spec) || (typeof spec === 'string' && spec.startsWith('$'));
  check(isValid, 40149, 'the sortByCount field must be a $-prefixed path or an expression in an object');
  const count = documentOf({ $sum: new Int32(1) });
  return compilePipeline(
    [
      documentOf({ $group: documentOf({ _id: spec, count }) }),
      documentOf({ $sort: documentOf({ count: new Int32(-1) }) }),
    ],
    source,
  );
}

/** Keeps each document with the same chance (reservoir sampling), in no order. */
function sampleStage(spec: BsonValue, source: PipelineSource): Stage {
  check(isDocument(spec), 28745, 'the $sample stage specification must be an object');
  const value = spec.get('size');
  check(
    isNumber(value) && toDouble(value) >= 0,
    28746,
    'size argument to $sample must be a number from 0 on',
  );
  const size = Math.trunc(toDouble(value));
  return function* (documents) {
    const sample: BsonDocument[] = [];
    let seen = 0;
    for (const document of documents) {
      if (!document) yield null;
      else if (sample.length < size) {
        source.takeMemory(sizeOf(document));
        sample.splice(Math.floor(Math.random() * (sample.length + 1)), 0, document);
        seen++;
      } else {
        const at = Math.floor(Math.random() * ++seen);
        if (at < size) sample[at] = document;
      }
    }
    yield* sample;
  };
}
