import { BsonDocument, BsonValue, isDocument } from './bson-value';
import { collectExpressionFields } from './dependencies';
import { parseFilter } from './filter';
import { compileFilter } from './filter-match';
import { topLevelName } from './path';
import { compileProjection } from './projection';

/**
 * The top-level fields that a valid pipeline reads of the documents that enter it: they may be decoded no further. Null
 * is all of them.
 */
export function pipelineFields(pipeline: readonly BsonDocument[]): ReadonlySet<string> | null {
  const fields = new Set<string>();
  for (const stage of pipeline) {
    const [[name, spec]] = [...stage] as [[string, BsonValue]];
    if (!collectStageFields(name, spec, fields)) return null;
    if (['$group', '$count', '$sortByCount', '$project'].includes(name)) return fields;
  }
  return null;
}

/** False for a stage that may read, or pass on, any field. */
function collectStageFields(name: string, spec: BsonValue, fields: Set<string>): boolean {
  switch (name) {
    case '$limit':
    case '$skip':
    case '$sample':
    case '$count':
      return true;
    case '$group':
    case '$sortByCount':
      return collectExpressionFields(spec, fields);
    case '$sort':
      if (isDocument(spec)) for (const path of spec.keys()) fields.add(topLevelName(path));
      return true;
    case '$match':
      return isDocument(spec) && addAll(compileFilter(parseFilter(spec)).fields, fields);
    case '$project':
      return isDocument(spec) && addAll(compileProjection(spec, { language: 'aggregate' }).fields, fields);
    default:
      return false;
  }
}

function addAll(names: ReadonlySet<string> | null, fields: Set<string>): boolean {
  for (const name of names ?? []) fields.add(name);
  return names !== null;
}
