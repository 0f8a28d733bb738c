import { projectStage } from '../language/aggregate-shape';
import { BsonDocument, BsonValue, isDocument, isNumber } from '../language/bson-value';
import { collectExpressionFields } from '../language/expression';
import { FilterNode, parseFilter } from '../language/filter';
import { toDouble } from '../language/numbers';
import { parseSort } from '../language/sort';
import { conjunctsOf, Query } from './query';

/** An aggregation pipeline, its beginning as a query that indexes can answer. */
export interface PipelineQuery {
  readonly query: Query;
  /** The stages that are left. */
  readonly rest: readonly BsonDocument[];
  /** The top-level fields that the rest reads; null for all. */
  readonly fields: ReadonlySet<string> | null;
}

interface Leading {
  filters: FilterNode[];
  sort: BsonDocument;
  skip: number;
  limit: number;
  projection?: BsonDocument;
}

/**
 * Takes as many stages off the beginning of a pipeline as a query can say: `$match`, `$sort`, `$skip`, `$limit` and
 * then a `$project`.
 * @throws MongoError for a filter or an order that is none
 */
export function splitPipeline(pipeline: readonly BsonDocument[], hint?: BsonValue): PipelineQuery {
  const leading: Leading = { filters: [], sort: new Map(), skip: 0, limit: 0 };
  let taken = 0;
  while (taken < pipeline.length && takes(leading, pipeline[taken]!)) taken++;
  const rest = pipeline.slice(taken);
  const { filters, ...order } = leading;
  const children = filters.flatMap(conjunctsOf);
  const filter: FilterNode = children.length === 1 ? children[0]! : { kind: 'and', children };
  return {
    query: { filter, ...order, hint, projectionLanguage: 'aggregate' },
    rest,
    fields: fieldsRead(rest[0]),
  };
}

/** Makes the stage part of the query; false where it says more than a query can. */
function takes(leading: Leading, stage: BsonDocument): boolean {
  const [[name, spec] = ['', null]] = stage;
  if (stage.size !== 1 || leading.projection) return false;
  switch (name) {
    case '$match':
      if (!isDocument(spec) || leading.skip + leading.limit > 0) return false;
      leading.filters.push(parseFilter(spec));
      return true;
    case '$sort':
      if (!isDocument(spec) || spec.size === 0) return false;
      if (leading.skip + leading.limit + leading.sort.size > 0) return false;
      parseSort(spec);
      leading.sort = spec;
      return true;
    case '$skip':
    case '$limit': {
      const count = isNumber(spec) ? Math.trunc(toDouble(spec)) : -1;
      if (count < Number(name === '$limit') || leading.limit > 0) return false;
      if (name === '$skip') leading.skip += count;
      else leading.limit = count;
      return true;
    }
    case '$project':
      if (!isDocument(spec)) return false;
      projectStage(spec);
      leading.projection = spec;
      return true;
    default:
      return false;
  }
}

/** What a stage that makes new documents reads of the old ones; null where it passes documents on, or may read all. */
function fieldsRead(stage: BsonDocument | undefined): ReadonlySet<string> | null {
  const [[name, spec] = ['', null]] = stage ?? [];
  if (name === '$count') return new Set();
  if (name !== '$group' && name !== '$sortByCount') return null;
  const fields = new Set<string>();
  return collectExpressionFields(spec, fields) ? fields : null;
}
