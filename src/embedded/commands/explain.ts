import { hostname } from 'node:os';
import type { Engine } from '../engine';
import { BsonDocument, BsonValue, isDocument } from '../language/bson-value';
import { formatForMessage, MongoError } from '../language/errors';
import { encodeKeyComponent } from '../language/key-component';
import { KeyDecoder } from '../language/key-decoder';
import { everything, KeyRange } from '../planner/bounds';
import { planPipeline } from '../planner/pipeline';
import { Plan, PlanRun, runToEnd, Walk } from '../planner/plan';
import { planCount, planQuery } from '../planner/plan-query';
import { CollectionView } from '../storage/view';
import { VERSION } from './diagnostics';
import { collectionNameOf, namespaceOf, Options } from './options';
import { clockOf, countsAll, readAggregate, readCount, readFind, readQuery } from './reads';
import { bson, CommandRequest } from './request';

/** How a command is planned. */
interface Explained {
  readonly plan: (view: CollectionView | null) => Plan;
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
  const body = options.get('explain');
  if (
    !['queryPlanner', 'executionStats', 'allPlansExecution'].includes(verbosity as string) ||
    !isDocument(body)
  ) {
    throw new MongoError(9, 'explain needs a command, and a verbosity that there is');
  }
  const inner: CommandRequest = { ...request, name: [...body.keys()][0] ?? '', body };
  const { plan, top, rest = [] } = readExplained(inner);
  const view = engine.read(inner, collectionNameOf(inner));
  try {
    const chosen = plan(view);
    const start = performance.now();
    const runs = verbosity !== 'queryPlanner';
    const run = runs ? await runToEnd(chosen, { view, clock: clockOf(request, options) }) : null;
    const explanation = {
      queryPlanner: {
        plannerVersion: 1,
        namespace: namespaceOf(inner),
        indexFilterSet: false,
        parsedQuery: body.get('filter') ?? body.get('query') ?? new Map(),
        winningPlan: stagesOf(chosen, top, null),
        rejectedPlans: [],
      },
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

function readExplained(inner: CommandRequest): Explained {
  const options = new Options(inner.body, inner.name);
  switch (inner.name) {
    case 'find': {
      const query = readFind(options);
      return { plan: (view) => planQuery(view, query) };
    }
    case 'count': {
      const query = readCount(options);
      return countsAll(query)
        ? { plan: () => planCount(null, query), top: 'RECORD_STORE_FAST_COUNT' }
        : { plan: (view) => planCount(view, query), top: 'COUNT' };
    }
    case 'distinct': {
      const query = readQuery(options);
      return { plan: (view) => planQuery(view, query) };
    }
    case 'aggregate': {
      const split = readAggregate(inner, options);
      return { plan: (view) => planPipeline(view, split), rest: split.rest };
    }
    default:
      throw new MongoError(59, `Explain failed due to unknown command: ${inner.name}`);
  }
}

/** The plan as stages within each other, the walks innermost. */
function stagesOf(plan: Plan, top: string | undefined, run: PlanRun | null): BsonDocument {
  const { walks, mergeFrom, fetches, sort, skip, limit, projection, decode } = plan;
  const docs = run ? { docsExamined: run.documents } : {};
  const inputs = walks.map((walk, i) =>
    walk.access
      ? scanOf(walk, run && (run.keys[i] ?? 0))
      : bson({ stage: 'COLLSCAN', direction: walk.reverse ? 'backward' : 'forward', ...docs }),
  );
  const isFetched = walks.some(({ access, filters }) => access && (fetches || filters.length > 0));
  let stage =
    inputs.length > 1 ? bson({ stage: mergeFrom > 0 ? 'SORT_MERGE' : 'OR', inputStages: inputs }) : inputs[0];
  const above = (name: string | false | undefined, details: Parameters<typeof bson>[0] = {}) => {
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

function scanOf({ access, components, reverse }: Walk, keysExamined: number | null): BsonDocument {
  const { key, name, multikey, unique, partial } = access!.index;
  return bson({
    stage: 'IXSCAN',
    keyPattern: key,
    indexName: name,
    isMultiKey: multikey,
    isUnique: unique,
    isPartial: partial !== null,
    direction: reverse ? 'backward' : 'forward',
    indexBounds: new Map<string, BsonValue>(
      components.map(({ path, ranges }) => [path, ranges.map(rangeText)]),
    ),
    ...(keysExamined !== null && { keysExamined }),
  });
}

/** "[5, 7)", from the lower value to the higher one, whichever way the index goes. */
function rangeText(range: KeyRange): string {
  if (range === everything[0]) return '[MinKey, MaxKey]';
  const low = endOf(range.low);
  const high = range.isPoint ? { ...low, isBehind: true } : endOf(range.high);
  return `${low.isBehind ? '(' : '['}${low.text}, ${high.text}${high.isBehind ? ']' : ')'}`;
}

const decoder = new KeyDecoder();

/** The value that a range ends at, and whether the end lies behind it; "…" for the end of a type, and for what is no value. */
function endOf(bytes: Uint8Array): { text: string; isBehind: boolean } {
  const before = bytes.with(bytes.length - 1, bytes.at(-1)! - 1);
  for (const component of bytes.length > 1 ? [bytes, before] : []) {
    decoder.begin(component, 0);
    const value = decoder.next();
    if (value === undefined || Buffer.compare(encodeKeyComponent(value, 1), component) !== 0) continue;
    return { text: formatForMessage(value), isBehind: component === before };
  }
  const isNull = Buffer.compare(bytes, encodeKeyComponent(null, 1)) === 0;
  return { text: isNull ? 'null' : '…', isBehind: false };
}
