import { sizeOf } from './accumulators';
import { fieldSetter } from './aggregate-shape';
import { BsonDocument, BsonValue, documentOf, isDocument, typeName, Value } from './bson-value';
import { check } from './errors';
import { Documents, followFieldPath, PipelineSource, scopeOf, Stage } from './evaluation';
import { compileExpression } from './expression';

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
