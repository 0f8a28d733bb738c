import { hostname } from 'node:os';
import type { Engine } from '../engine';
import { BsonDocument } from '../language/bson-value';
import { check } from '../language/errors';
import { Execution } from '../planner/execution';
import { planPipeline } from '../planner/pipeline';
import { Plan, runToEnd } from '../planner/plan';
import { planCount, planQuery } from '../planner/plan-query';
import { CollectionView } from '../storage/view';
import { VERSION } from './diagnostics';
import { namespaceOf, Options } from './options';
import { clockOf, countsAll, readAggregate, readFind, readQuery } from './reads';
import { bson, CommandRequest, Plain } from './request';

/** How a command is planned. */
interface Explained {
  readonly plan: (view: CollectionView | null) => Plan;
  /** A stage above the plan. */
  readonly top?: string;
  /** The stages of a pipeline that follow. */
  readonly rest?: readonly BsonDocument[];
}

const EXPLAINED: ReadonlyMap<string, (options: Options) => Explained> = new Map([
  ['find', (options) => planned(readFind(options))],
  ['distinct', (options) => planned(readQuery(options))],
  [
    'count',
    (options) => {
      const query = readQuery(options);
      if (countsAll(query)) return { plan: () => planCount(null, query), top: 'RECORD_STORE_FAST_COUNT' };
      return { plan: (view) => planCount(view, query), top: 'COUNT' };
    },
  ],
  [
    'aggregate',
    (options) => {
      const split = readAggregate(options);
      return { plan: (view) => planPipeline(view, split), rest: split.rest };
    },
  ],
]);

function planned(query: ReturnType<typeof readFind>): Explained {
  return { plan: (view) => planQuery(view, query) };
}

const VERBOSITIES = ['queryPlanner', 'executionStats', 'allPlansExecution'];

/** How the engine would answer a command: the plan, and beyond the verbosity `queryPlanner` what came of running it. */
export async function explain(
  request: CommandRequest,
  engine: Engine,
  options: Options,
): Promise<BsonDocument> {
  const verbosity = options.get('verbosity') ?? 'allPlansExecution';
  check(VERBOSITIES.includes(verbosity as string), 9, `verbosity must be one of ${VERBOSITIES.join()}`);
  const body = options.requiredDocument('explain');
  const [name = ''] = body.keys();
  const read = EXPLAINED.get(name);
  check(read !== undefined, 59, `Explain failed due to unknown command: ${name}`);
  const { plan, top, rest = [] } = read(new Options(body, name));
  const namespace = namespaceOf({ ...request, name, body });
  const view = engine.read(request, namespace);
  try {
    const chosen = plan(view);
    const stages = stagesOf(chosen, top);
    const planner = { plannerVersion: 1, namespace, indexFilterSet: false };
    const queryPlanner = { ...planner, winningPlan: stages, rejectedPlans: [] };
    const execution = { view, clock: clockOf(request) };
    const executionStats = verbosity !== 'queryPlanner' && (await statsOf(chosen, stages, execution));
    const explanation = { queryPlanner, ...(executionStats && { executionStats }) };
    return bson({
      ...(rest.length > 0 ? { stages: [{ $cursor: explanation }, ...rest] } : explanation),
      serverInfo: { host: hostname(), port: 0, version: VERSION },
    });
  } finally {
    view?.release();
  }
}

async function statsOf(plan: Plan, stages: BsonDocument, execution: Execution) {
  const start = performance.now();
  const { returned: nReturned, keys, documents } = await runToEnd(plan, execution);
  return {
    executionSuccess: true,
    nReturned,
    executionTimeMillis: Math.round(performance.now() - start),
    totalKeysExamined: keys,
    totalDocsExamined: documents,
    executionStages: bson({ ...Object.fromEntries(stages), nReturned }),
  };
}

/** The plan as stages within each other, the walks innermost. */
function stagesOf({ walks, isMerged, ...plan }: Plan, top: string | undefined): BsonDocument {
  const scans = walks.map(({ access, reverse }) => {
    const direction = reverse ? 'backward' : 'forward';
    if (!access) return bson({ stage: 'COLLSCAN', direction });
    const { key, name, multikey, unique, partial } = access.index;
    const kinds = { isMultiKey: multikey, isUnique: unique, isPartial: partial !== null };
    return bson({ stage: 'IXSCAN', keyPattern: key, indexName: name, ...kinds, direction });
  });
  const isFetched = walks.some(({ access, filters }) => access && (plan.fetches || filters.length > 0));
  const union = isMerged ? 'SORT_MERGE' : 'OR';
  let stage = scans.length > 1 ? bson({ stage: union, inputStages: scans }) : scans[0];
  const above = (isThere: unknown, name: string, details: Plain = {}) => {
    if (isThere) stage = bson({ stage: name, ...details, ...(stage && { inputStage: stage }) });
  };
  above(!stage, 'EOF');
  above(isFetched, 'FETCH');
  above(plan.sort, 'SORT', { sortPattern: plan.sort });
  above(plan.skip, 'SKIP', { skipAmount: plan.skip });
  above(plan.projection, 'PROJECTION_DEFAULT');
  above(plan.decode, 'PROJECTION_COVERED');
  above(plan.limit, 'LIMIT', { limitAmount: plan.limit });
  above(top, top ?? '');
  return stage!;
}
