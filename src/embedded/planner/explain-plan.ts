import { Int32, Long } from 'bson';
import { BsonDocument, BsonValue, documentOf } from '../language/bson-value';
import { CANONICAL_TYPES } from '../language/compare';
import { formatForMessage } from '../language/errors';
import { encodeKeyComponent, typeByte } from '../language/key-component';
import { KeyDecoder } from '../language/key-decoder';
import { isEverything, KeyRange } from './bounds';
import { IndexAccess } from './index-access';
import { Plan, PlanRun, Walk } from './plan';

/** A count as MongoDB sends it: an int while it fits. */
export function countValue(value: number): BsonValue {
  return value <= 0x7fffffff ? new Int32(value) : Long.fromNumber(value);
}

/**
 * A plan, and its run where it has run, in the shape of MongoDB 4.4's `explain`.
 * @param top stages above the plan, the uppermost first: `COUNT`, `UPDATE`
 * @param parsedQuery the filter as it was sent
 */
export function explainPlan(
  plan: Plan,
  {
    ns,
    parsedQuery,
    run,
    milliseconds,
    top,
  }: {
    ns: string;
    parsedQuery: BsonDocument;
    run: PlanRun | null;
    milliseconds: number;
    top: readonly string[];
  },
): BsonDocument {
  const planner = { plannerVersion: new Int32(1), namespace: ns, indexFilterSet: false, parsedQuery };
  const explanation = documentOf({
    queryPlanner: documentOf({ ...planner, winningPlan: stagesOf(plan, top, null), rejectedPlans: [] }),
  });
  if (!run) return explanation;
  return explanation.set(
    'executionStats',
    documentOf({
      executionSuccess: true,
      nReturned: countValue(run.returned),
      executionTimeMillis: countValue(milliseconds),
      totalKeysExamined: countValue(run.keys.reduce((sum, keys) => sum + keys, 0)),
      totalDocsExamined: countValue(run.documents),
      executionStages: stagesOf(plan, top, run),
    }),
  );
}

/** The plan as stages within each other, the source innermost. */
function stagesOf(plan: Plan, top: readonly string[], run: PlanRun | null): BsonDocument {
  const { source, skip, limit, sort, projection } = plan;
  const above = (stage: string, input: BsonDocument, details: Record<string, BsonValue> = {}) =>
    documentOf({ stage, ...details, inputStage: input });
  const docs: Record<string, BsonValue> = run ? { docsExamined: countValue(run.documents) } : {};
  let stage: BsonDocument;
  if (source.kind === 'walks') {
    const walks = source.walks.map((walk, i) => walkStage(walk, run && (run.keys[i] ?? 0)));
    stage = walks[0]!;
    if (walks.length > 1) {
      stage = documentOf({ stage: source.mergeFrom > 0 ? 'SORT_MERGE' : 'OR', inputStages: walks });
    }
    if (plan.fetches) stage = above('FETCH', stage, docs);
  } else if (source.kind === 'collection') {
    stage = documentOf({ stage: 'COLLSCAN', direction: source.reverse ? 'backward' : 'forward', ...docs });
  } else stage = documentOf({ stage: source.kind === 'id' ? 'IDHACK' : 'EOF' });
  if (sort) stage = above('SORT', stage, { sortPattern: sort });
  if (skip > 0) stage = above('SKIP', stage, { skipAmount: countValue(skip) });
  if (projection) stage = above('PROJECTION_DEFAULT', stage, { transformBy: projection.spec });
  if (plan.decode) stage = above('PROJECTION_COVERED', stage);
  if (limit > 0) stage = above('LIMIT', stage, { limitAmount: countValue(limit) });
  for (const name of top.toReversed()) stage = above(name, stage);
  if (run) stage.set('nReturned', countValue(run.returned));
  return stage;
}

function walkStage({ access, reverse }: Walk, keys: number | null): BsonDocument {
  const { index } = access;
  return documentOf({
    stage: 'IXSCAN',
    keyPattern: index.key,
    indexName: index.name,
    isMultiKey: index.multikey,
    isUnique: index.unique,
    isPartial: index.partial !== null,
    direction: reverse ? 'backward' : 'forward',
    indexBounds: describeBounds(access, reverse),
    ...(keys !== null && { keysExamined: countValue(keys) }),
  });
}

/** `{ sessionId: ['["a", "a"]'], timestamp: ['[MinKey, MaxKey]'] }`, each in the order in which the walk meets it. */
function describeBounds({ components }: IndexAccess, reverse: boolean): BsonDocument {
  return new Map(
    components.map(({ path, direction, ranges }): [string, BsonValue] => {
      const downwards = (direction === -1) !== reverse;
      const texts = ranges.map((range) => describeRange(range, isEverything(ranges), downwards));
      return [path, downwards ? texts.reverse() : texts];
    }),
  );
}

function describeRange({ low, high, isPoint }: KeyRange, isAll: boolean, downwards: boolean): string {
  if (isAll) return downwards ? '[MaxKey, MinKey]' : '[MinKey, MaxKey]';
  const from = describeEnd(low);
  const to = isPoint ? { ...from, isBehind: true } : describeEnd(high);
  return downwards
    ? `${to.isBehind ? '[' : '('}${to.text}, ${from.text}${from.isBehind ? ')' : ']'}`
    : `${from.isBehind ? '(' : '['}${from.text}, ${to.text}${to.isBehind ? ']' : ')'}`;
}

const decoder = new KeyDecoder();

/** The value that a range ends at, and whether the end lies behind it. An end of all values of a type is "…". */
function describeEnd(bytes: Uint8Array): { text: string; isBehind: boolean } {
  if (bytes.length === 1)
    return { text: bytes[0] === typeByte(CANONICAL_TYPES.null) ? 'null' : '…', isBehind: false };
  const before = bytes.map((byte, i) => (i === bytes.length - 1 ? byte - 1 : byte));
  for (const component of [bytes, before]) {
    decoder.begin(component, 0);
    const value = decoder.next();
    if (value === undefined || Buffer.compare(encodeKeyComponent(value, 1), component) !== 0) continue;
    return { text: formatForMessage(value), isBehind: component === before };
  }
  return { text: Buffer.from(bytes).toString('hex'), isBehind: false };
}
