import { Int32 } from 'bson';
import { sizeOf } from './accumulators';
import { fieldSetter } from './aggregate-shape';
import { BsonDocument, BsonValue, documentOf, isDocument, typeName, Value } from './bson-value';
import { canonicalType, compareValues } from './compare';
import { check } from './errors';
import { compileExpression } from './expression';
import { followFieldPath, scopeOf } from './expression-scope';
import { Documents, PipelineSource, Stage } from './stage';

/** `$unionWith`. */
export function unionWithStage(spec: BsonValue, source: PipelineSource): Stage {
  const { collection, pipeline } = readUnion(spec);
  return function* (documents) {
    yield* documents;
    yield* source.aggregate(collection, pipeline);
  };
}

/** @throws MongoError FailedToParse (9), 40414 and others for an invalid `$unionWith` */
export function readUnion(spec: BsonValue): { collection: string; pipeline: BsonDocument[] } {
  if (typeof spec === 'string') return { collection: spec, pipeline: [] };
  check(isDocument(spec), 9, `the $unionWith stage must be an object or string, but found ${typeName(spec)}`);
  const collection = spec.get('coll');
  check(typeof collection === 'string', 40414, "'$unionWith.coll' is missing but a required field");
  return { collection, pipeline: pipelineOf(spec.get('pipeline') ?? []) };
}

function pipelineOf(value: BsonValue): BsonDocument[] {
  check(Array.isArray(value), 14, "'pipeline' option must be specified as an array");
  check(value.every(isDocument), 14, "Each element of the 'pipeline' array must be an object");
  return value as BsonDocument[];
}

/** Gathers documents, counting the memory they take. */
function* gathered(documents: Documents, source: PipelineSource): Generator<null, BsonDocument[]> {
  const all: BsonDocument[] = [];
  for (const document of documents) {
    if (document) {
      source.takeMemory(sizeOf(document));
      all.push(document);
    } else {
      yield null;
    }
  }
  return all;
}

/** `$facet`: several pipelines over the same documents. */
export function facetStage(
  spec: BsonValue,
  source: PipelineSource,
  compile: (pipeline: BsonDocument[]) => Stage,
): Stage {
  check(isDocument(spec) && spec.size > 0, 40169, 'the $facet specification must be a non-empty object');
  const facets = Array.from(spec, ([name, pipeline]) => {
    check(Array.isArray(pipeline), 40170, `arguments to $facet must be arrays, ${name} is not`);
    return [name, compile(pipelineOf(pipeline))] as const;
  });
  return function* (documents) {
    const all = yield* gathered(documents, source);
    const result: BsonDocument = new Map();
    for (const [name, run] of facets) result.set(name, yield* gathered(run(withPauses(all, source)), source));
    yield result;
  };
}

function* withPauses(documents: readonly BsonDocument[], source: PipelineSource): Documents & Generator {
  for (const document of documents) {
    yield document;
    if (source.pauses()) yield null;
  }
}

/** `$lookup`, by equality of two fields or by a pipeline with variables. */
export function lookupStage(spec: BsonValue, source: PipelineSource): Stage {
  check(isDocument(spec), 9, 'the $lookup specification must be an Object');
  const names = ['from', 'as', 'localField', 'foreignField'];
  for (const [name, value] of spec) {
    if (name === 'let' || name === 'pipeline') continue;
    check(names.includes(name), 9, `unknown argument to $lookup: ${name}`);
    check(typeof value === 'string', 9, `$lookup argument '${name}' must be a string, is ${typeName(value)}`);
  }
  const [from, as, local, foreign] = names.map((name) => spec.get(name) as string | undefined);
  check(from !== undefined && as !== undefined, 9, "$lookup needs 'from' and 'as'");
  const byPipeline = spec.has('pipeline');
  check(
    byPipeline ? (local ?? foreign) === undefined : local !== undefined && foreign !== undefined,
    9,
    "$lookup needs either 'pipeline' or both 'localField' and 'foreignField'",
  );
  const pipelineFor = byPipeline ? correlated(spec) : byEquality(local!, foreign!);
  const setField = fieldSetter(as);
  return function* (documents) {
    for (const document of documents) {
      if (!document) yield null;
      else {
        const partners = yield* gathered(source.aggregate(from, pipelineFor(document)), source);
        yield setField(document, partners);
      }
    }
  };
}

/** The pipeline that finds one document's partners. */
type PartnerPipeline = (document: BsonDocument) => BsonDocument[];

function byEquality(localField: string, foreignField: string): PartnerPipeline {
  const path = localField.split('.');
  return (document) => {
    const local = followFieldPath(document, path) ?? null;
    const among = documentOf({ $in: Array.isArray(local) ? local : [local] });
    return [documentOf({ $match: new Map([[foreignField, among]]) })];
  };
}

function correlated(spec: BsonDocument): PartnerPipeline {
  const pipeline = pipelineOf(spec.get('pipeline')!);
  const variables = spec.get('let') ?? new Map<string, BsonValue>();
  check(isDocument(variables), 9, "$lookup argument 'let' must be an object");
  const values = Array.from(variables, ([name, value]) => [name, compileExpression(value)] as const);
  return (document) => {
    const scope = scopeOf(document);
    const constants = new Map(values.map(([name, expression]) => [name, expression(scope)]));
    return pipeline.map((stage) => withConstants(stage, constants) as BsonDocument);
  };
}

/** Puts the values of variables into a stage, so that it can run, and use an index, like any other. */
function withConstants(value: BsonValue, constants: ReadonlyMap<string, Value>): BsonValue {
  if (typeof value === 'string') return constantOf(value, constants);
  if (Array.isArray(value)) return value.map((element) => withConstants(element, constants));
  if (!isDocument(value) || value.has('$literal')) return value;
  return new Map([...value].map(([name, inner]) => [name, withConstants(inner, constants)]));
}

function constantOf(text: string, constants: ReadonlyMap<string, Value>): BsonValue {
  const [name, ...path] = text.startsWith('$$') ? text.slice(2).split('.') : [];
  if (name === undefined || !constants.has(name)) return text;
  const value = followFieldPath(constants.get(name), path);
  return value === undefined ? '$$REMOVE' : new Map([['$literal', value]]);
}

const ascending = documentOf({ _id: new Int32(1) });

/**
 * `$bucket`, which is a `$group` by the lower boundary that a `$switch` finds, in the order of the boundaries.
 * @param compile makes the stage of a pipeline
 */
export function bucketStage(spec: BsonValue, compile: (pipeline: BsonDocument[]) => Stage): Stage {
  check(isDocument(spec), 40201, 'Argument to $bucket stage must be an object');
  const names = ['groupBy', 'boundaries', 'default', 'output'];
  const unknown = [...spec.keys()].find((name) => !names.includes(name));
  check(unknown === undefined, 40197, `Unrecognized option to $bucket: ${unknown}.`);
  const { groupBy, boundaries, default: rest, output } = Object.fromEntries(spec);
  check(
    groupBy !== undefined && boundaries !== undefined,
    40198,
    "$bucket requires 'groupBy' and 'boundaries'",
  );
  const isExpression = isDocument(groupBy) || (typeof groupBy === 'string' && groupBy.startsWith('$'));
  check(isExpression, 40202, "The $bucket 'groupBy' field must be a $-prefixed path or an expression");
  checkBoundaries(boundaries, rest);
  check(output === undefined || isDocument(output), 40196, "The $bucket 'output' field must be an object");
  const fields = output ?? documentOf({ count: documentOf({ $sum: new Int32(1) }) });
  const id = documentOf({ $switch: lowerBoundary(groupBy, boundaries, rest) });
  const group = new Map<string, BsonValue>([['_id', id], ...fields]);
  return compile([documentOf({ $group: group }), documentOf({ $sort: ascending })]);
}

function checkBoundaries(boundaries: BsonValue, rest: Value): asserts boundaries is BsonValue[] {
  check(Array.isArray(boundaries), 40200, "The $bucket 'boundaries' field must be an array");
  check(boundaries.length >= 2, 40192, "The $bucket 'boundaries' field must have at least 2 values");
  for (let i = 1; i < boundaries.length; i++) {
    const [lower, upper] = [boundaries[i - 1]!, boundaries[i]!];
    check(
      canonicalType(lower) === canonicalType(upper),
      40193,
      'All $bucket boundaries must have the same type',
    );
    check(compareValues(lower, upper) < 0, 40194, 'The $bucket boundaries must be in ascending order');
  }
  // What goes into no bucket must not look as if it did.
  const isInside =
    rest !== undefined &&
    canonicalType(rest) === canonicalType(boundaries[0]) &&
    compareValues(rest, boundaries[0]) >= 0 &&
    compareValues(rest, boundaries.at(-1)) < 0;
  check(!isInside, 40199, "The $bucket 'default' must lie outside of the boundaries");
}

function lowerBoundary(groupBy: BsonValue, boundaries: readonly BsonValue[], rest: Value): BsonDocument {
  const literal = (value: BsonValue) => documentOf({ $literal: value });
  const branches = boundaries.slice(1).map((upper, index) => {
    const lower = literal(boundaries[index]!);
    const conditions = [
      documentOf({ $gte: [groupBy, lower] }),
      documentOf({ $lt: [groupBy, literal(upper)] }),
    ];
    return documentOf({ case: documentOf({ $and: conditions }), then: lower });
  });
  return documentOf(rest === undefined ? { branches } : { branches, default: literal(rest) });
}
