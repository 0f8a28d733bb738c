import { Int32, Long, Timestamp } from 'bson';
import { BsonDocument, BsonValue } from '../language/bson-value';
import { FilterNode } from '../language/filter';
import { formatForMessage } from '../language/message-format';
import { IndexInfo } from '../storage/view';
import { IndexAccess } from './index-access';
import { Interval } from './interval';

/** A count as MongoDB sends it: an int while it fits. */
export function count(value: number): BsonValue {
  return value <= 0x7fffffff ? new Int32(value) : Long.fromNumber(value);
}

/** An index, in the fields that every stage which walks one shows. */
export function describeIndex(index: IndexInfo): [string, BsonValue][] {
  const multikeyPaths = [...index.key.keys()].map((path): [string, BsonValue] => [
    path,
    index.multikeyPaths.has(path) ? [path] : [],
  ]);
  return [
    ['keyPattern', index.key],
    ['indexName', index.name],
    ['isMultiKey', index.multikey],
    ['multiKeyPaths', new Map(multikeyPaths)],
    ['isUnique', index.unique],
    ['isSparse', false],
    ['isPartial', false],
    ['indexVersion', new Int32(2)],
  ];
}

/** `{ sessionId: ['["a", "a"]'], timestamp: ['[MinKey, MaxKey]'] }`, each in the order in which the walk meets it. */
export function describeBounds({ components }: IndexAccess, reverse: boolean): BsonDocument {
  return new Map(
    components.map(({ path, direction, intervals }): [string, BsonValue] => {
      const downwards = (direction === -1) !== reverse;
      const texts = intervals.map((interval) => formatInterval(interval, downwards));
      return [path, downwards ? texts.reverse() : texts];
    }),
  );
}

function formatInterval(interval: Interval, downwards: boolean): string {
  const low = formatLow(interval);
  const high = formatHigh(interval);
  const [from, to] = downwards ? [high, low] : [low, high];
  return `${from.open ? '(' : '['}${from.text}, ${to.text}${to.open ? ')' : ']'}`;
}

interface End {
  readonly text: string;
  readonly open: boolean;
}

function formatLow({ low, lowOpen, high }: Interval): End {
  if (low === true && high instanceof Date) return { text: 'new Date(-9223372036854775808)', open: false };
  return { text: formatForMessage(low), open: lowOpen };
}

function formatHigh({ low, high, highOpen }: Interval): End {
  if (high instanceof Timestamp && low instanceof Date)
    return { text: 'new Date(9223372036854775807)', open: false };
  return { text: formatForMessage(high), open: highOpen };
}

/** A conjunction of parsed filters in MongoDB's own notation, `{ a: { $eq: 1 } }`. */
export function describeFilters(filters: readonly FilterNode[]): BsonDocument {
  return filters.length === 1
    ? describeFilter(filters[0]!)
    : describeFilter({ kind: 'and', children: [...filters] });
}

/** A parsed filter in MongoDB's own notation. */
export function describeFilter(node: FilterNode): BsonDocument {
  if (node.kind === 'expr') return new Map([['$expr', node.expression]]);
  if (node.kind !== 'field') {
    if (node.kind === 'and' && node.children.length === 0) return new Map();
    if (node.kind === 'or' && node.children.length === 0) return new Map([['$alwaysFalse', new Int32(1)]]);
    return new Map([[`$${node.kind}`, node.children.map(describeFilter)]]);
  }
  return new Map([[node.path, describeTest(node)]]);
}

function describeTest(node: Extract<FilterNode, { kind: 'field' }>): BsonDocument {
  switch (node.op) {
    case 'not': {
      // The negated test names the same path; `$not` leaves it out.
      const inner = node.value.kind === 'field' ? describeTest(node.value) : describeFilter(node.value);
      return new Map([['$not', inner]]);
    }
    case 'elemMatch':
      return new Map([['$elemMatch', describeFilter(node.value)]]);
    case 'exists':
      return new Map([['$exists', true]]);
    case 'type':
      return new Map([['$type', [...node.value]]]);
    case 'size':
      return new Map([['$size', new Int32(node.value)]]);
    case 'mod':
      return new Map([
        ['$mod', [Long.fromBigInt(node.value.divisor), Long.fromBigInt(node.value.remainder)]],
      ]);
    default:
      return new Map([[`$${node.op}`, node.value]]);
  }
}
