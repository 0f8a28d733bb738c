import { Int32 } from 'bson';
import { groupStage, sizeOf } from './aggregate-group';
import { BsonDocument, BsonValue, documentOf, isDocument, isNumber, Value } from './bson-value';
import { check } from './errors';
import { PipelineSource, Stage } from './evaluation';
import { parseFilter } from './filter';
import { compileFilter } from './filter-match';
import { sortByKey, sortKeyOf } from './index-key';
import { toDouble } from './numbers';
import { parseFieldPath } from './path';
import { compileAddFields, compileProjection } from './projection';

/** Makes one stage from what is written behind its name. */
type StageParser = (spec: BsonValue, source: PipelineSource) => Stage;

const STAGES: Readonly<Record<string, StageParser>> = {
  $match: matchStage,
  $sort: sortStage,
  $limit: limitStage,
  $skip: skipStage,
  $project: (spec) => mapping(compileProjection(fieldsOf(spec, '$project')).apply),
  $addFields: (spec) => mapping(compileAddFields(fieldsOf(spec, '$addFields'))),
  $group: groupStage,
  $unwind: unwindStage,
  $sample: sampleStage,
  $unionWith: unionWithStage,
};

/** Stages that are only another way to write others. */
const SHORTHANDS: Readonly<Record<string, (spec: BsonValue) => BsonDocument[]>> = {
  $set: (spec) => [documentOf({ $addFields: spec })],
  $count: (name) => {
    check(typeof name === 'string' && name !== '', 40156, 'the count field must be a non-empty string');
    const group = documentOf({ _id: null, [name]: documentOf({ $sum: new Int32(1) }) });
    return [documentOf({ $group: group }), documentOf({ $project: documentOf({ _id: false }) })];
  },
};

/**
 * Writes a pipeline in the stages that there are.
 * @throws MongoError 40323, 40324 for what is no stage, or none of these
 */
export function expandPipeline(pipeline: readonly BsonValue[]): BsonDocument[] {
  return pipeline.flatMap((stage) => {
    check(isDocument(stage), 14, "Each element of the 'pipeline' array must be an object");
    const [entry] = stage;
    check(entry !== undefined && stage.size === 1, 40323, 'A pipeline stage must have exactly one field');
    const [name, spec] = entry;
    if (Object.hasOwn(SHORTHANDS, name)) return SHORTHANDS[name]!(spec);
    check(Object.hasOwn(STAGES, name), 40324, `Unrecognized or unsupported pipeline stage name: '${name}'`);
    return [stage];
  });
}

/**
 * Makes a pipeline ready to run.
 * @throws MongoError as expandPipeline does, and what each stage has for a specification that is none
 */
export function compilePipeline(pipeline: readonly BsonValue[], source: PipelineSource): Stage {
  const stages = expandPipeline(pipeline).map((stage) => {
    const [[name, spec]] = stage as unknown as [[string, BsonValue]];
    return STAGES[name]!(spec, source);
  });
  return (documents) => stages.reduce((reached, stage) => stage(reached), documents);
}

function fieldsOf(spec: BsonValue, stage: string): BsonDocument {
  check(isDocument(spec) && spec.size > 0, 40177, `${stage} takes an object with at least one field`);
  return spec;
}

function mapping(apply: (document: BsonDocument) => BsonDocument): Stage {
  return function* (documents) {
    for (const document of documents) yield document && apply(document);
  };
}

function matchStage(spec: BsonValue): Stage {
  check(isDocument(spec), 15959, 'the match filter must be an expression in an object');
  const { matches } = compileFilter(parseFilter(spec));
  return function* (documents) {
    for (const document of documents) if (!document || matches(document)) yield document;
  };
}

function sortStage(spec: BsonValue, source: PipelineSource): Stage {
  const keyOf = sortKeyOf(fieldsOf(spec, '$sort'));
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

/** A number of documents, from `least` on. */
function countOf(spec: BsonValue | undefined, least: number, code: number): number {
  const count = isNumber(spec) ? Math.trunc(toDouble(spec)) : NaN;
  check(count >= least, code, `This stage takes a number of documents, from ${least} on`);
  return count;
}

function limitStage(spec: BsonValue): Stage {
  const limit = countOf(spec, 1, 15958);
  return function* (documents) {
    let left = limit;
    for (const document of documents) {
      yield document;
      if (document && --left === 0) return;
    }
  };
}

function skipStage(spec: BsonValue): Stage {
  const skip = countOf(spec, 0, 15956);
  return function* (documents) {
    let left = skip;
    for (const document of documents) if (!document || left-- <= 0) yield document;
  };
}

function unwindStage(spec: BsonValue, source: PipelineSource): Stage {
  const path = isDocument(spec) && spec.size === 1 ? spec.get('path') : spec;
  check(!isDocument(path), 238, '$unwind is supported with a path only');
  check(typeof path === 'string' && path.startsWith('$'), 28818, "$unwind takes a path that begins with '$'");
  const names = parseFieldPath(path.slice(1));
  return function* (documents) {
    for (const document of documents) {
      // Not into the documents of an array.
      const value = names.reduce<Value>(
        (inner, name) => (isDocument(inner) ? inner.get(name) : null),
        document,
      );
      if (!document) yield null;
      else if (!Array.isArray(value)) {
        if (value != null) yield document;
      } else {
        for (const element of value) {
          yield withField(document, names, element);
          if (source.pauses()) yield null;
        }
      }
    }
  };
}

/** A copy with another value at a path that goes through documents only. */
function withField(
  document: BsonDocument,
  [name, ...rest]: readonly string[],
  value: BsonValue,
): BsonDocument {
  const inner = rest.length > 0 ? withField(document.get(name!) as BsonDocument, rest, value) : value;
  return new Map(document).set(name!, inner);
}

/** Keeps each document with the same chance (reservoir sampling). Shells look at a collection's shape through it. */
function sampleStage(spec: BsonValue, source: PipelineSource): Stage {
  const size = countOf(isDocument(spec) ? spec.get('size') : undefined, 0, 28746);
  return function* (documents) {
    const sample: BsonDocument[] = [];
    let seen = 0;
    for (const document of documents) {
      if (!document) {
        yield null;
        continue;
      }
      const place = Math.floor(Math.random() * ++seen);
      if (seen <= size) source.takeMemory(sizeOf(document));
      if (seen <= size) sample.push(document);
      else if (place < size) sample[place] = document;
    }
    yield* sample;
  };
}

function unionWithStage(spec: BsonValue, source: PipelineSource): Stage {
  const { collection, pipeline } = readUnion(spec);
  return function* (documents) {
    yield* documents;
    yield* source.aggregate(collection, pipeline);
  };
}

/** @throws MongoError FailedToParse (9) for an invalid `$unionWith` */
export function readUnion(spec: BsonValue): { collection: string; pipeline: BsonDocument[] } {
  const [collection, pipeline] = isDocument(spec) ? [spec.get('coll'), spec.get('pipeline')] : [];
  const isRight = typeof collection === 'string' && Array.isArray(pipeline) && pipeline.every(isDocument);
  check(isRight, 9, '$unionWith takes an object with coll and pipeline');
  return { collection, pipeline };
}
