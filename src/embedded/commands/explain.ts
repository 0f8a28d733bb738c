import { hostname } from 'node:os';
import type { Engine } from '../engine';
import { CANONICAL_TYPES, BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { formatForMessage, MongoError } from '../language/errors';
import { encodeKeyComponent, typeByte } from '../language/key-component';
import { KeyDecoder } from '../language/key-decoder';
import { isEverything, KeyRange } from '../planner/bounds';
import { planPipeline } from '../planner/pipeline';
import { Plan, PlanRun, runToEnd, Walk } from '../planner/plan';
import { planCount, planQuery } from '../planner/plan-query';
import { CollectionView } from '../storage/view';
import { VERSION } from './diagnostics';
import { collectionNameOf, namespaceOf, Options } from './options';
import { clockOf, countsAll, readAggregate, readCount, readFind, readQuery } from './reads';
import { bson, CommandRequest } from './request';

/** What a command asks for, and how it is planned. */
interface Explained {
  readonly plan: (view: CollectionView | null) => Plan;
  readonly filter: BsonValue | undefined;
  /** A stage above the plan. */
  readonly top?: string;
  /** The stages of a pipeline that follow. */
  readonly rest?: readonly BsonDocument[];
}

/** How the engine would answer a command: the plan, and beyond the verbosity `queryPlanner` what came of running it. */
export async function explain(
  request: CommandRequest,
  engine: Engine,
  options: Options,
): Promise<BsonDocument> {
  const verbosity = options.get('verbosity') ?? 'allPlansExecution';
  if (!['queryPlanner', 'executionStats', 'allPlansExecution'].includes(verbosity as string)) {
    throw new MongoError(9, 'verbosity must be queryPlanner, executionStats or allPlansExecution');
  }
  const body = options.get('explain');
  if (!isDocument(body)) throw new MongoError(9, "'explain' must be an object");
  const inner: CommandRequest = { ...request, name: [...body.keys()][0] ?? '', body };
  const { plan, filter, top, rest = [] } = readExplained(inner);
  const view = engine.read(inner, collectionNameOf(inner));
  try {
    const chosen = plan(view);
    const start = performance.now();
    const runs = verbosity !== 'queryPlanner';
    const run = runs ? await runToEnd(chosen, { view, clock: clockOf(request, options) }) : null;
    const parsedQuery = isDocument(filter) ? filter : {};
    const planner = { plannerVersion: 1, namespace: namespaceOf(inner), indexFilterSet: false, parsedQuery };
    const explanation = {
      queryPlanner: { ...planner, winningPlan: stagesOf(chosen, top, null), rejectedPlans: [] },
      ...(run && {
        executionStats: {
          executionSuccess: true,
          nReturned: run.returned,
          executionTimeMillis: Math.round(performance.now() - start),
          totalKeysExamined: run.keys.reduce((sum, keys) => sum + keys, 0),
          totalDocsExamined: run.documents,
          executionStages: stagesOf(chosen, top, run),
        },
      }),
    };
    const serverInfo = { host: hostname(), port: 0, version: VERSION, gitVersion: 'embedded engine' };
    return bson({
      ...(rest.length > 0 ? { stages: [{ $cursor: explanation }, ...rest] } : explanation),
      serverInfo,
    });
  } finally {
    view?.release();
  }
}

/** `explain: true` in an aggregate is the older way to ask. */
export function explainAggregate(request: CommandRequest, engine: Engine): Promise<BsonDocument> {
  const command = new Map(request.body);
  command.delete('explain');
  const body = bson({ explain: command, verbosity: 'queryPlanner' });
  return explain({ ...request, name: 'explain', body }, engine, new Options(body, 'explain'));
}

function readExplained(inner: CommandRequest): Explained {
  const { name, body } = inner;
  const options = new Options(body, name);
  switch (name) {
    case 'find': {
      const query = readFind(options);
      return { plan: (view) => planQuery(view, query), filter: body.get('filter') };
    }
    case 'count': {
      const query = readCount(options);
      const isKnown = countsAll(query);
      const plan = (view: CollectionView | null) => planCount(isKnown ? null : view, query);
      return { plan, filter: body.get('query'), top: isKnown ? 'RECORD_STORE_FAST_COUNT' : 'COUNT' };
    }
    case 'distinct': {
      const query = readQuery(options);
      return { plan: (view) => planQuery(view, query), filter: body.get('query') };
    }
    case 'aggregate': {
      const split = readAggregate(inner, options);
      const [first] = body.get('pipeline') as BsonDocument[];
      return { plan: (view) => planPipeline(view, split), filter: first?.get('$match'), rest: split.rest };
    }
    default:
      throw new MongoError(59, `Explain failed due to unknown command: ${name}`);
  }
}

/** The plan as stages within each other, the source innermost. */
function stagesOf(plan: Plan, top: string | undefined, run: PlanRun | null): BsonDocument {
  const { source, skip, limit, sort, projection } = plan;
  const docs = run ? { docsExamined: run.documents } : {};
  const walks =
    source.kind === 'walks' ? source.walks.map((walk, i) => walkStage(walk, run && (run.keys[i] ?? 0))) : [];
  const union = source.kind === 'walks' && source.mergeFrom > 0 ? 'SORT_MERGE' : 'OR';
  let stage = walks.length > 1 ? bson({ stage: union, inputStages: walks }) : walks[0];
  const above = (name: string, details: Parameters<typeof bson>[0] = {}) => {
    stage = bson({ stage: name, ...details, ...(stage && { inputStage: stage }) });
  };
  if (source.kind === 'collection')
    above('COLLSCAN', { direction: source.reverse ? 'backward' : 'forward', ...docs });
  else if (source.kind !== 'walks') above(source.kind === 'id' ? 'IDHACK' : 'EOF');
  else if (plan.fetches) above('FETCH', docs);
  if (sort) above('SORT', { sortPattern: sort });
  if (skip > 0) above('SKIP', { skipAmount: skip });
  if (projection) above('PROJECTION_DEFAULT', { transformBy: projection.spec });
  if (plan.decode) above('PROJECTION_COVERED');
  if (limit > 0) above('LIMIT', { limitAmount: limit });
  if (top) above(top);
  if (run) stage!.set('nReturned', bson({ n: run.returned }).get('n')!);
  return stage!;
}

function walkStage(
  { access: { index, components }, reverse }: Walk,
  keysExamined: number | null,
): BsonDocument {
  // { sessionId: ['["a", "a"]'], timestamp: ['[MinKey, MaxKey]'] }, each in the order in which the walk meets it.
  const bounds = components.map(({ path, direction, ranges }) => {
    const downwards = (direction === -1) !== reverse;
    const texts = ranges.map((range) => describeRange(range, isEverything(ranges), downwards));
    return [path, downwards ? texts.reverse() : texts] as const;
  });
  return bson({
    stage: 'IXSCAN',
    keyPattern: index.key,
    indexName: index.name,
    isMultiKey: index.multikey,
    isUnique: index.unique,
    isPartial: index.partial !== null,
    direction: reverse ? 'backward' : 'forward',
    indexBounds: new Map<string, BsonValue>(bounds),
    ...(keysExamined !== null && { keysExamined }),
  });
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
/** Types whose components can be read although an end of a range may be none: others are shown as bytes. */
const readable = new Set(
  (['int', 'string', 'date', 'bool', 'objectId'] as const).map((type) => typeByte(CANONICAL_TYPES[type])),
);

/** The value that a range ends at, and whether the end lies behind it. An end of all values of a type is "…". */
function describeEnd(bytes: Uint8Array): { text: string; isBehind: boolean } {
  if (bytes.length === 1) {
    return { text: bytes[0] === typeByte(CANONICAL_TYPES.null) ? 'null' : '…', isBehind: false };
  }
  const before = bytes.map((byte, i) => (i === bytes.length - 1 ? byte - 1 : byte));
  for (const component of readable.has(bytes[0]!) ? [bytes, before] : []) {
    decoder.begin(component, 0);
    const value = decoder.next();
    if (value === undefined || Buffer.compare(encodeKeyComponent(value, 1), component) !== 0) continue;
    return { text: formatForMessage(value), isBehind: component === before };
  }
  return { text: Buffer.from(bytes).toString('hex'), isBehind: false };
}
