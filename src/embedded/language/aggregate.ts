import { Int32 } from 'bson';
import { groupStage, sizeOf } from './aggregate-group';
import { BsonDocument, BsonValue, documentOf, isDocument, isNumber, Value } from './bson-value';
import { check } from './errors';
import { Limits, Stage } from './evaluation';
import { FilterNode, parseFilter } from './filter';
import { compileFilter } from './filter-match';
import { sortByKey, sortKeyOf } from './index-key';
import { toDouble } from './numbers';
import { parseFieldPath } from './path';
import { compileAddFields, compileProjection } from './projection';

/** Makes one stage from what is written behind its name. */
type StageParser = (spec: BsonValue, limits: Limits) => Stage;

const STAGES: Readonly<Record<string, StageParser>> = {
  $match: matchStage,
  $sort: sortStage,
  $limit: limitStage,
  $skip: skipStage,
  $project: (spec) => mapping(compileProjection(fieldsOf(spec)).apply),
  $addFields: (spec) => mapping(compileAddFields(fieldsOf(spec))),
  $group: groupStage,
  $unwind: unwindStage,
  $sample: sampleStage,
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
export function compilePipeline(pipeline: readonly BsonValue[], limits: Limits): Stage {
  const stages = expandPipeline(pipeline).map((stage) => {
    const [[name, spec]] = stage as unknown as [[string, BsonValue]];
    return STAGES[name]!(spec, limits);
  });
  return (documents) => stages.reduce((reached, stage) => stage(reached), documents);
}

/** @throws MongoError 40177 for what is no object with fields */
export function fieldsOf(spec: BsonValue): BsonDocument {
  check(isDocument(spec) && spec.size > 0, 40177, 'The stage takes an object with at least one field');
  return spec;
}

function mapping(apply: (document: BsonDocument) => BsonDocument): Stage {
  return function* (documents) {
    for (const document of documents) yield document && apply(document);
  };
}

/** @throws MongoError 15959, and what there is against the filter */
export function readMatch(spec: BsonValue): FilterNode {
  check(isDocument(spec), 15959, 'the match filter must be an expression in an object');
  return parseFilter(spec);
}

function matchStage(spec: BsonValue): Stage {
  const { matches } = compileFilter(readMatch(spec));
  return filtering(() => matches);
}

/** @param begin makes the test of the documents that come; it may count them */
function filtering(begin: () => (document: BsonDocument) => boolean): Stage {
  return function* (documents) {
    const passes = begin();
    for (const document of documents) if (!document || passes(document)) yield document;
  };
}

function sortStage(spec: BsonValue, limits: Limits): Stage {
  const keyOf = sortKeyOf(fieldsOf(spec));
  return function* (documents) {
    const keyed: { key: Uint8Array; document: BsonDocument }[] = [];
    for (const document of documents) {
      if (document) {
        const key = keyOf(document);
        limits.takeMemory(sizeOf(document) + key.length);
        keyed.push({ key, document });
      } else {
        yield null;
      }
    }
    for (const { document } of yield* sortByKey(keyed, () => limits.pauses())) {
      yield document;
      if (limits.pauses()) yield null;
    }
  };
}

/**
 * A number of documents.
 * @throws MongoError with the code where there are not `least`
 */
export function countOf(spec: BsonValue | undefined, least: number, code: number): number {
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
  return filtering(() => {
    let left = skip;
    return () => left-- <= 0;
  });
}

function unwindStage(spec: BsonValue, limits: Limits): Stage {
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
          if (limits.pauses()) yield null;
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
function sampleStage(spec: BsonValue, limits: Limits): Stage {
  const size = countOf(isDocument(spec) && spec.size === 1 ? spec.get('size') : undefined, 0, 28746);
  return function* (documents) {
    const sample: BsonDocument[] = [];
    let seen = 0;
    for (const document of documents) {
      if (!document) {
        yield null;
        continue;
      }
      const place = Math.floor(Math.random() * ++seen);
      if (seen <= size) limits.takeMemory(sizeOf(document));
      if (seen <= size) sample.push(document);
      else if (place < size) sample[place] = document;
    }
    yield* sample;
  };
}

/**
 * The collection and the pipeline of a stage `$unionWith`. It is supported at the end of a pipeline only.
 * @throws MongoError FailedToParse (9)
 */
export function readUnion(stage: BsonDocument): { collection: string; pipeline: BsonDocument[] } {
  const spec = stage.size === 1 ? stage.get('$unionWith') : undefined;
  const [collection, pipeline] =
    isDocument(spec) && spec.size === 2 ? [spec.get('coll'), spec.get('pipeline')] : [];
  const isRight = typeof collection === 'string' && Array.isArray(pipeline) && pipeline.every(isDocument);
  check(isRight, 9, '$unionWith takes an object with coll and pipeline');
  return { collection, pipeline };
}
