import { BsonDocument, BsonValue } from './bson-value';
import { FieldNode, FilterNode } from './filter';
import { compileFilter } from './filter-match';

/**
 * The position that `$` stands for in updates and projections: that of the first array element which satisfies the
 * last of the filter's tests on an array; null where no array was tested.
 */
export function matchedPosition(node: FilterNode, document: BsonDocument): number | null {
  if (node.kind === 'field') return positionOfMatch(node, document, node.path.split('.'));
  if (node.kind !== 'and' && node.kind !== 'or') return null;
  const matching = node.children.filter(
    (child) => node.kind === 'and' || compileFilter(child).matches(document),
  );
  const positions = matching.map((child) => matchedPosition(child, document)).filter((at) => at !== null);
  return (node.kind === 'and' ? positions.at(-1) : positions[0]) ?? null;
}

function positionOfMatch(
  node: FieldNode,
  value: BsonValue | undefined,
  path: readonly string[],
): number | null {
  if (node.op === 'not') return null;
  if (Array.isArray(value)) {
    // Each element by itself, in an array, so that what is asked of arrays ($elemMatch) can be asked of it.
    const { matches } = compileFilter({ ...node, path: ['', ...path].join('.') });
    const position = value.findIndex((element) => matches(new Map([['', [element]]])));
    return position < 0 ? null : position;
  }
  const [name, ...rest] = path;
  return value instanceof Map && name !== undefined ? positionOfMatch(node, value.get(name), rest) : null;
}
