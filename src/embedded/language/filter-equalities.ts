import { BsonValue } from './bson-value';
import { MongoError } from './errors';
import { FilterNode } from './filter';

/**
 * The fields that an upsert takes from its filter: what the filter says they equal.
 * @throws MongoError NotSingleValueField (54) for a path that is given two values
 */
export function filterEqualities(node: FilterNode): Map<string, BsonValue> {
  const equalities = new Map<string, BsonValue>();
  for (const child of node.kind === 'and' ? node.children : [node]) {
    if (child.kind === 'expr') {
      throw new MongoError(224, '$expr is not allowed in the query predicate for an upsert');
    }
    if (child.kind !== 'field' || child.op !== 'eq') continue;
    checkSingleValue(equalities, child.path);
    equalities.set(child.path, child.value);
  }
  return equalities;
}

function checkSingleValue(equalities: Map<string, BsonValue>, path: string): void {
  for (const other of equalities.keys()) {
    if (other === path) {
      throw new MongoError(54, `cannot infer query fields to set, path '${path}' is matched twice`);
    }
    if (path.startsWith(`${other}.`)) {
      throw new MongoError(
        54,
        `cannot infer query fields to set, both paths '${path}' and '${other}' are matched`,
      );
    }
  }
}
