import { BsonValue, isDocument } from './bson-value';
import type { FieldNode } from './filter';

/**
 * What `$expr` says of single fields, in terms that an index answers: `$eq` between a field and a constant scalar. The
 * expression itself still decides; for arrays the two notions of equality differ.
 */
export function impliedEqualities(expression: BsonValue): FieldNode[] {
  if (!isDocument(expression)) return [];
  const conditions = expression.get('$and');
  if (Array.isArray(conditions)) return conditions.flatMap(impliedEqualities);
  const sides = expression.get('$eq');
  if (!Array.isArray(sides)) return [];
  const path = sides.find((side) => typeof side === 'string' && /^\$[^$]/.test(side));
  const constant = sides.map(constantOf).find((value) => value !== undefined);
  return path === undefined || constant === undefined
    ? []
    : [{ kind: 'field', path: (path as string).slice(1), op: 'eq', value: constant }];
}

function constantOf(side: BsonValue): BsonValue | undefined {
  if (typeof side === 'string' && side.startsWith('$')) return undefined;
  const value = isDocument(side) ? side.get('$literal') : side;
  return value === null || isDocument(value) || Array.isArray(value) ? undefined : value;
}
