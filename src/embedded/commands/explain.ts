import { hostname } from 'node:os';
import { bson, BsonDocument, Plain } from '../language/bson-value';
import { check } from '../language/errors';
import { Run } from '../planner/execution';
import { PipelineQuery, planPipeline } from '../planner/pipeline';
import { isMerged, Plan, runToEnd } from '../planner/plan';
import { Call } from './call';
import { VERSION } from './diagnostics';
import { namespaceOf, optionNames, Options, READS } from './options';
import { countsAll, readAggregate, readQuery } from './reads';
import { Reply } from './request';

/** A command to explain, as the pipeline that it is, or the beginning of one. */
function readExplained(name: string, body: BsonDocument): PipelineQuery {
  const isKnown = name === 'aggregate' || name === 'find' || name === 'count';
  check(isKnown, 59, `Explain failed due to unknown command: ${name}`);
  const options = new Options(body, name, optionNames(`${name} ${READS[name]}`));
  if (name === 'aggregate') return readAggregate(options);
  const query = readQuery(options, name === 'find' ? 'filter' : 'query');
  const fields = name === 'find' ? null : new Set<string>();
  return { query: { ...query, fields }, rest: [], unions: [] };
}

const VERBOSITIES = ['queryPlanner', 'executionStats', 'allPlansExecution'];

/** How the engine would answer a command: the plan, and beyond the verbosity `queryPlanner` what came of running it. */
export function explain(call: Call): Promise<Reply> {
  const { request, options } = call;
  const verbosity = VERBOSITIES.indexOf(options.get('verbosity', 'a string') ?? 'allPlansExecution');
  check(verbosity >= 0, 9, `verbosity must be one of ${VERBOSITIES.join()}`);
  const body = options.need('explain', 'an object');
  const [name = ''] = body.keys();
  const split = readExplained(name, body);
  const rest = [...split.rest, ...split.unions];
  const isKept = name === 'count' && countsAll(split.query);
  const top = isKept ? 'RECORD_STORE_FAST_COUNT' : name === 'count' && 'COUNT';
  const namespace = namespaceOf({ ...request, name, body });
  return call.reading(namespace, async (run) => {
    const plan = planPipeline(isKept ? null : run.view, split);
    const winningPlan = stagesOf(plan, top);
    const queryPlanner = { plannerVersion: 1, namespace, winningPlan, rejectedPlans: [] };
    const executionStats = verbosity > 0 && { executionStats: await statsOf(plan, winningPlan, run) };
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
function stagesOf({ walks, query, ...plan }: Plan, top: string | false): BsonDocument {
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
    [top, top || ''],
  ];
  const scanned = scans.length > 1 ? bson({ stage: union, inputStages: scans }) : scans[0];
  return above
    .filter(([isThere]) => isThere)
    .reduce<BsonDocument | undefined>(
      (inputStage, [, stage, details]) => bson({ stage, ...details, ...(inputStage && { inputStage }) }),
      scanned,
    )!;
}
