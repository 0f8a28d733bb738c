import { groupStage, Limits, sizeOf, Stage, takeAll } from './aggregate-group';
import { bson, BsonDocument, BsonValue, isDocument, isNumber, Value } from './bson-value';
import { check } from './errors';
import { scopeOf } from './evaluation';
import { compileExpression, listOf, operatorOf } from './expression';
import { FilterNode, parseFilter } from './filter';
import { compileFilter } from './filter-match';
import { sortByKey, sortKeyOf } from './index-key';
import { toDouble } from './numbers';
import { parseFieldPath } from './path';
import { compileAddFields, compileProjection } from './projection';

/** The stages: each is made from what is written behind its name. */
const STAGES: Readonly<Record<string, (spec: BsonValue, limits: Limits) => Stage>> = {
  $match(spec) {
    const { matches } = compileFilter(readMatch(spec));
    return eachDocument((document) => matches(document) && document);
  },
  $sort: sortStage,
  $limit: limitStage,
  $skip(spec) {
    let left = countOf(spec, 0, 15956);
    return eachDocument((document) => left-- <= 0 && document);
  },
  $project: (spec) => eachDocument(compileProjection(fieldsOf(spec)).apply),
  $addFields: (spec) => eachDocument(compileAddFields(fieldsOf(spec))),
  $set: (spec) => eachDocument(compileAddFields(fieldsOf(spec))),
  $count(name, limits) {
    check(typeof name === 'string' && name !== '', 40156, 'the count field must be a non-empty string');
    const group = bson({ $group: { _id: null, [name]: { $sum: 1 } } });
    return compilePipeline([group, bson({ $project: { _id: false } })], limits);
  },
  $group: groupStage,
  $unwind: unwindStage,
  $unset: unsetStage,
  $replaceRoot(spec) {
    check(isDocument(spec), 40229, '$replaceRoot takes an object');
    check(spec.has('newRoot'), 40414, '$replaceRoot needs a newRoot');
    check(spec.size === 1, 40415, '$replaceRoot takes nothing but a newRoot');
    return replaceStage(spec.get('newRoot')!);
  },
  $replaceWith: replaceStage,
  $sortByCount(spec, limits) {
    const isText = typeof spec === 'string';
    const isRight = isDocument(spec) ? operatorOf(spec) !== null : isText && spec.startsWith('$');
    check(isRight, isDocument(spec) ? 40147 : isText ? 40148 : 40149, '$sortByCount takes an expression');
    const group = bson({ $group: { _id: spec, count: { $sum: 1 } } });
    return compilePipeline([group, bson({ $sort: { count: -1 } })], limits);
  },
  $sample: sampleStage,
};

/**
 * Makes a pipeline ready to run, once.
 * @throws MongoError 40323, 40324 for what is no stage, or none of these, and what stages have against what they say
 */
export function compilePipeline(pipeline: readonly BsonDocument[], limits: Limits): Stage {
  const stages = pipeline.map((stage) => {
    const [[name, spec] = ['', null]] = stage;
    check(stage.size === 1, 40323, 'A pipeline stage must have exactly one field');
    check(Object.hasOwn(STAGES, name), 40324, `Unrecognized or unsupported pipeline stage name: '${name}'`);
    return STAGES[name]!(spec, limits);
  });
  return (documents) => stages.reduce((reached, stage) => stage(reached), documents);
}

/** @throws MongoError 40177 for what is no object with fields */
export function fieldsOf(spec: BsonValue): BsonDocument {
  check(isDocument(spec) && spec.size > 0, 40177, 'The stage takes an object with at least one field');
  return spec;
}

/** @throws MongoError 15959, and what there is against the filter */
export function readMatch(spec: BsonValue): FilterNode {
  check(isDocument(spec), 15959, 'the match filter must be an expression in an object');
  return parseFilter(spec);
}

/** A number of documents. @throws MongoError with the code where there are not `least` */
export function countOf(spec: BsonValue | undefined, least: number, code: number): number {
  const count = isNumber(spec) ? Math.trunc(toDouble(spec)) : NaN;
  check(count >= least, code, `This stage takes a number of documents, from ${least} on`);
  return count;
}

/** A stage that makes something of each document by itself, or leaves it out. */
function eachDocument(apply: (document: BsonDocument) => BsonDocument | false): Stage {
  return function* (documents) {
    for (const document of documents) {
      const made = document && apply(document);
      if (made !== false) yield made;
    }
  };
}

function sortStage(spec: BsonValue, limits: Limits): Stage {
  const keyOf = sortKeyOf(fieldsOf(spec));
  return function* (documents) {
    const keyed: { key: Uint8Array; document: BsonDocument }[] = [];
    yield* takeAll(documents, (document) => {
      const key = keyOf(document);
      limits.takeMemory(sizeOf(document) + key.length);
      keyed.push({ key, document });
    });
    for (const { document } of yield* sortByKey(keyed, () => limits.pauses())) {
      yield document;
      if (limits.pauses()) yield null;
    }
  };
}

function limitStage(spec: BsonValue): Stage {
  let left = countOf(spec, 1, 15958);
  return function* (documents) {
    for (const document of documents) {
      yield document;
      if (document && --left === 0) return;
    }
  };
}

function unwindStage(spec: BsonValue, limits: Limits): Stage {
  const path = isDocument(spec) && spec.size === 1 ? spec.get('path') : spec;
  check(!isDocument(path), 238, '$unwind is supported with a path only');
  check(typeof path === 'string' && path.startsWith('$'), 28818, "$unwind takes a path that begins with '$'");
  const names = parseFieldPath(path.slice(1));
  const inside = (value: Value, name: string) => (isDocument(value) ? value.get(name) : null);
  return function* (documents) {
    for (const document of documents) {
      // Not into the documents of an array.
      const value = names.reduce(inside, document);
      if (Array.isArray(value)) {
        for (const element of value) {
          yield withField(document!, names, element);
          if (limits.pauses()) yield null;
        }
      } else if (!document || value != null) yield document;
    }
  };
}

function unsetStage(spec: BsonValue): Stage {
  const names = listOf(spec);
  const isText = (name: BsonValue) => typeof name === 'string';
  check(Array.isArray(spec) || isText(spec), 31002, '$unset takes a name or an array of names');
  check(names.length > 0, 31119, '$unset takes at least one name');
  check(names.every(isText), 31120, '$unset takes names only');
  check(new Set(names).size === names.length, 31250, '$unset takes each name once');
  return eachDocument(compileProjection(new Map((names as string[]).map((name) => [name, false]))).apply);
}

function replaceStage(root: BsonValue): Stage {
  const valueOf = compileExpression(root);
  return eachDocument((document) => {
    const value = valueOf(scopeOf(document));
    check(isDocument(value), 40228, "'newRoot' expression must evaluate to an object");
    return value;
  });
}

/** A copy with another value at a path that goes through documents only. */
function withField(document: BsonDocument, [name, ...rest]: string[], value: BsonValue): BsonDocument {
  const inner = rest.length > 0 ? withField(document.get(name!) as BsonDocument, rest, value) : value;
  return new Map(document).set(name!, inner);
}

/** Keeps each document with the same chance (reservoir sampling). Shells look at a collection's shape through it. */
function sampleStage(spec: BsonValue, limits: Limits): Stage {
  const size = countOf(isDocument(spec) && spec.size === 1 ? spec.get('size') : undefined, 0, 28746);
  return function* (documents) {
    const sample: BsonDocument[] = [];
    let seen = 0;
    yield* takeAll(documents, (document) => {
      const place = Math.floor(Math.random() * ++seen);
      if (seen <= size) limits.takeMemory(sizeOf(document));
      if (seen <= size) sample.push(document);
      else if (place < size) sample[place] = document;
    });
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
