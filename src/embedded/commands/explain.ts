import { hostname } from 'node:os';
import { bson, BsonDocument, Plain } from '../language/bson-value';
import { check } from '../language/errors';
import { Run } from '../planner/execution';
import { planPipeline } from '../planner/pipeline';
import { isMerged, Plan, runToEnd } from '../planner/plan';
import { planCount, planQuery } from '../planner/plan-query';
import { CollectionView } from '../storage/view';
import { Call } from './call';
import { VERSION } from './diagnostics';
import { namespaceOf, optionNames, Options, READS } from './options';
import { countsAll, readAggregate, readQuery } from './reads';
import { Reply } from './request';

/** How a command is planned, the stage above the plan, and the stages of a pipeline that follow. */
interface Explained {
  readonly plan: (view: CollectionView | null) => Plan;
  readonly top?: string;
  readonly rest?: readonly BsonDocument[];
}

function readExplained(name: string, body: BsonDocument): Explained {
  const isKnown = name === 'aggregate' || name === 'find' || name === 'count';
  check(isKnown, 59, `Explain failed due to unknown command: ${name}`);
  const options = new Options(body, name, optionNames(`${name} ${READS[name]}`));
  if (name === 'aggregate') {
    const split = readAggregate(options);
    return { plan: (view) => planPipeline(view, split), rest: [...split.rest, ...split.unions] };
  }
  const query = readQuery(options, name === 'find' ? 'filter' : 'query');
  if (name === 'find') return { plan: (view) => planQuery(view, query) };
  return countsAll(query)
    ? { plan: () => planCount(null, query), top: 'RECORD_STORE_FAST_COUNT' }
    : { plan: (view) => planCount(view, query), top: 'COUNT' };
}

const VERBOSITIES = ['queryPlanner', 'executionStats', 'allPlansExecution'];

/** How the engine would answer a command: the plan, and beyond the verbosity `queryPlanner` what came of running it. */
export function explain(call: Call): Promise<Reply> {
  const { request, options } = call;
  const verbosity = VERBOSITIES.indexOf(options.get('verbosity', 'a string') ?? 'allPlansExecution');
  check(verbosity >= 0, 9, `verbosity must be one of ${VERBOSITIES.join()}`);
  const body = options.need('explain', 'an object');
  const [name = ''] = body.keys();
  const { plan, top, rest = [] } = readExplained(name, body);
  const namespace = namespaceOf({ ...request, name, body });
  return call.reading(namespace, async (run) => {
    const chosen = plan(run.view);
    const winningPlan = stagesOf(chosen, top);
    const queryPlanner = { plannerVersion: 1, namespace, winningPlan, rejectedPlans: [] };
    const executionStats = verbosity > 0 && { executionStats: await statsOf(chosen, winningPlan, run) };
    const explanation = { queryPlanner, ...executionStats };
    const staged = rest.length > 0 ? { stages: [{ $cursor: explanation }, ...rest] } : explanation;
    return bson({ ...staged, serverInfo: { host: hostname(), port: 0, version: VERSION } });
  });
}

async function statsOf(plan: Plan, stages: BsonDocument, run: Run) {
  const start = performance.now();
  await runToEnd(plan, run);
  const nReturned = run.returned;
  return {
    executionSuccess: true,
    nReturned,
    executionTimeMillis: Math.round(performance.now() - start),
    totalKeysExamined: run.keys,
    totalDocsExamined: run.documents,
    executionStages: bson({ ...Object.fromEntries(stages), nReturned }),
  };
}

/** The plan as stages within each other, the walks innermost. */
function stagesOf({ walks, query, ...plan }: Plan, top: string | undefined): BsonDocument {
  const scans = walks.map(({ access: { index, order } }) => {
    const direction = order?.reverse ? 'backward' : 'forward';
    if (!index) return bson({ stage: 'COLLSCAN', direction });
    const { key, name, multikey, unique, partial } = index;
    const kinds = { isMultiKey: multikey, isUnique: unique, isPartial: partial !== null };
    return bson({ stage: 'IXSCAN', keyPattern: key, indexName: name, ...kinds, direction });
  });
  const isFetched = walks.some(
    ({ access: { index, filters } }) => index && (plan.fetches || filters.length > 0),
  );
  const union = isMerged(walks) ? 'SORT_MERGE' : 'OR';
  const above: readonly (readonly [isThere: unknown, stage: string, details?: Plain])[] = [
    [scans.length === 0, 'EOF'],
    [isFetched, 'FETCH'],
    [!plan.isOrdered, 'SORT', { sortPattern: query.sort }],
    [query.skip, 'SKIP', { skipAmount: query.skip }],
    [plan.project, 'PROJECTION_DEFAULT'],
    [plan.decode, 'PROJECTION_COVERED'],
    [query.limit, 'LIMIT', { limitAmount: query.limit }],
    [top, top ?? ''],
  ];
  const scanned = scans.length > 1 ? bson({ stage: union, inputStages: scans }) : scans[0];
  return above
    .filter(([isThere]) => isThere)
    .reduce<BsonDocument | undefined>(
      (inputStage, [, stage, details]) => bson({ stage, ...details, ...(inputStage && { inputStage }) }),
      scanned,
    )!;
}
