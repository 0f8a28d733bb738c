import { hostname } from 'node:os';
import type { Engine } from '../engine';
import { BsonDocument } from '../language/bson-value';
import { check } from '../language/errors';
import { planPipeline } from '../planner/pipeline';
import { Plan, PlanRun, runToEnd } from '../planner/plan';
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
    const start = performance.now();
    const isRun = verbosity !== 'queryPlanner';
    const run = isRun ? await runToEnd(chosen, { view, clock: clockOf(request) }) : null;
    const explanation = {
      queryPlanner: {
        ...{ plannerVersion: 1, namespace, indexFilterSet: false },
        ...{ winningPlan: stagesOf(chosen, top, null), rejectedPlans: [] },
      },
      ...(run && {
        executionStats: {
          ...{ executionSuccess: true, nReturned: run.returned },
          executionTimeMillis: Math.round(performance.now() - start),
          totalKeysExamined: run.keys.reduce((sum, keys) => sum + keys, 0),
          ...{ totalDocsExamined: run.documents, executionStages: stagesOf(chosen, top, run) },
        },
      }),
    };
    return bson({
      ...(rest.length > 0 ? { stages: [{ $cursor: explanation }, ...rest] } : explanation),
      serverInfo: { host: hostname(), port: 0, version: VERSION },
    });
  } finally {
    view?.release();
  }
}

/** The plan as stages within each other, the walks innermost. */
function stagesOf(plan: Plan, top: string | undefined, run: PlanRun | null): BsonDocument {
  const { walks, mergeFrom, fetches, sort, skip, limit, projection, decode } = plan;
  const docs: Plain = run ? { docsExamined: run.documents } : {};
  const inputs = walks.map((walk, i) => {
    const direction = walk.reverse ? 'backward' : 'forward';
    if (!walk.access) return bson({ stage: 'COLLSCAN', direction, ...docs });
    const { key: keyPattern, name: indexName, multikey: isMultiKey, unique: isUnique } = walk.access.index;
    const isPartial = walk.access.index.partial !== null;
    const keys = run && { keysExamined: run.keys[i] ?? 0 };
    return bson({
      stage: 'IXSCAN',
      keyPattern,
      indexName,
      isMultiKey,
      isUnique,
      isPartial,
      direction,
      ...keys,
    });
  });
  const isFetched = walks.some(({ access, filters }) => access && (fetches || filters.length > 0));
  let stage =
    inputs.length > 1 ? bson({ stage: mergeFrom > 0 ? 'SORT_MERGE' : 'OR', inputStages: inputs }) : inputs[0];
  const above = (name: string | false | undefined, details: Plain = {}) => {
    if (name) stage = bson({ stage: name, ...details, ...(stage && { inputStage: stage }) });
  };
  above(walks.length === 0 && 'EOF');
  above(isFetched && 'FETCH', docs);
  above(sort !== null && 'SORT', { sortPattern: sort });
  above(skip > 0 && 'SKIP', { skipAmount: skip });
  above(projection !== null && 'PROJECTION_DEFAULT', { transformBy: projection?.spec ?? null });
  above(decode !== null && 'PROJECTION_COVERED');
  above(limit > 0 && 'LIMIT', { limitAmount: limit });
  above(top);
  return run ? bson({ ...Object.fromEntries(stage!), nReturned: run.returned }) : stage!;
}
