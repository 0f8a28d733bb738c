import type { PipelineSource, Stage } from './aggregate';
import { withFieldAt } from './aggregate-shape';
import { BsonDocument, BsonValue, isDocument, typeName } from './bson-value';
import { MongoError } from './errors';
import { compileExpression } from './expression';
import { followFieldPath, scopeOf } from './expression-scope';
import { formatField, formatForMessage } from './message-format';

/** `$unionWith`. */
export function unionWithStage(spec: BsonValue, source: PipelineSource): Stage {
  if (typeof spec !== 'string' && !isDocument(spec)) {
    throw new MongoError(
      9,
      `the $unionWith stage specification must be an object or string, but found ${typeName(spec)}`,
    );
  }
  const collection = typeof spec === 'string' ? spec : spec.get('coll');
  if (typeof collection !== 'string') {
    throw new MongoError(40414, "BSON field '$unionWith.coll' is missing but a required field");
  }
  const pipeline = typeof spec === 'string' ? [] : pipelineOf(spec.get('pipeline') ?? []);
  return function* (documents) {
    yield* documents;
    yield* source.aggregate(collection, pipeline);
  };
}

function pipelineOf(value: BsonValue): BsonDocument[] {
  if (!Array.isArray(value)) throw new MongoError(14, "'pipeline' option must be specified as an array");
  return value.map((stage) => {
    if (!isDocument(stage)) {
      throw new MongoError(14, "Each element of the 'pipeline' array must be an object");
    }
    return stage;
  });
}

/** `$facet`: several pipelines over the same documents. */
export function facetStage(spec: BsonValue, compile: (pipeline: BsonDocument[]) => Stage): Stage {
  if (!isDocument(spec) || spec.size === 0) {
    throw new MongoError(40169, 'the $facet specification must be a non-empty object');
  }
  const facets = [...spec].map(([name, pipeline]) => {
    if (!Array.isArray(pipeline)) {
      throw new MongoError(
        40170,
        `arguments to $facet must be arrays, ${name} is type ${typeName(pipeline)}`,
      );
    }
    return [name, compile(pipelineOf(pipeline))] as const;
  });
  return function* (documents) {
    const all = [...documents];
    yield new Map(facets.map(([name, run]) => [name, [...run(all)]]));
  };
}

/** The pipeline that finds one document's partners. */
type PartnerPipeline = (document: BsonDocument) => BsonDocument[];

/** `$lookup`, by equality of two fields or by a pipeline with variables. */
export function lookupStage(spec: BsonValue, source: PipelineSource): Stage {
  if (!isDocument(spec)) throw new MongoError(9, 'the $lookup specification must be an Object');
  const { from, as } = checkLookup(spec);
  const pipelineFor = spec.has('pipeline') ? correlated(spec) : byEquality(spec);
  return function* (documents) {
    for (const document of documents) {
      yield withFieldAt(document, as, [...source.aggregate(from, pipelineFor(document))]);
    }
  };
}

const LOOKUP_TEXTS = ['from', 'as', 'localField', 'foreignField'];

function checkLookup(spec: BsonDocument): { from: string; as: string } {
  for (const [name, value] of spec) {
    if (name === 'let' || name === 'pipeline') continue;
    if (!LOOKUP_TEXTS.includes(name)) throw new MongoError(9, `unknown argument to $lookup: ${name}`);
    if (typeof value === 'string') continue;
    const field = formatField(name, value);
    throw new MongoError(
      9,
      `$lookup argument '${field}' must be a string, found ${field} is of type ${typeName(value)}`,
    );
  }
  const [from, as, local, foreign] = LOOKUP_TEXTS.map((name) => spec.get(name) as string | undefined);
  if (from === undefined) {
    throw new MongoError(
      9,
      `missing 'from' option to $lookup stage specification: ${formatForMessage(spec)}`,
    );
  }
  if (as === undefined) throw new MongoError(9, "must specify 'as' field for a $lookup");
  if (spec.has('pipeline') && (local !== undefined || foreign !== undefined)) {
    throw new MongoError(9, "$lookup with 'pipeline' may not specify 'localField' or 'foreignField'");
  }
  if (!spec.has('pipeline') && (local === undefined || foreign === undefined)) {
    throw new MongoError(
      9,
      "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified",
    );
  }
  return { from, as };
}

function byEquality(spec: BsonDocument): PartnerPipeline {
  const localPath = (spec.get('localField') as string).split('.');
  const foreignField = spec.get('foreignField') as string;
  return (document) => {
    const local = followFieldPath(document, localPath) ?? null;
    const among: BsonDocument = new Map([['$in', Array.isArray(local) ? local : [local]]]);
    return [new Map([['$match', new Map([[foreignField, among]])]])];
  };
}

function correlated(spec: BsonDocument): PartnerPipeline {
  const pipeline = pipelineOf(spec.get('pipeline')!);
  const variables = spec.get('let') ?? new Map();
  if (!isDocument(variables)) {
    throw new MongoError(
      9,
      `$lookup argument 'let: ${formatForMessage(variables)}' must be an object, is type ${typeName(variables)}`,
    );
  }
  const values = new Map([...variables].map(([name, value]) => [name, compileExpression(value)]));
  return (document) => {
    const scope = scopeOf(document);
    const constants = new Map([...values].map(([name, expression]) => [name, expression(scope)]));
    return pipeline.map((stage) => withConstants(stage, constants) as BsonDocument);
  };
}

/** Puts the values of variables into a stage, so that it can run, and use an index, like any other. */
function withConstants(value: BsonValue, constants: ReadonlyMap<string, BsonValue | undefined>): BsonValue {
  if (typeof value === 'string') return constantOf(value, constants);
  if (Array.isArray(value)) return value.map((element) => withConstants(element, constants));
  if (!isDocument(value) || value.has('$literal')) return value;
  return new Map([...value].map(([name, inner]) => [name, withConstants(inner, constants)]));
}

function constantOf(text: string, constants: ReadonlyMap<string, BsonValue | undefined>): BsonValue {
  const [name, ...path] = text.startsWith('$$') ? text.slice(2).split('.') : [];
  if (name === undefined || !constants.has(name)) return text;
  const value = followFieldPath(constants.get(name), path);
  return value === undefined ? '$$REMOVE' : new Map([['$literal', value]]);
}
