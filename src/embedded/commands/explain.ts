import { hostname } from 'node:os';
import { Int32 } from 'bson';
import type { Engine } from '../engine';
import { BsonDocument, BsonValue, documentOf, isDocument } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { explainPlan } from '../planner/explain-plan';
import { planPipeline } from '../planner/pipeline';
import { Plan, runToEnd } from '../planner/plan';
import { planCount, planQuery } from '../planner/plan-query';
import { Query } from '../planner/query';
import { CollectionView } from '../storage/view';
import { VERSION } from './diagnostics';
import { collectionNameOf, namespaceOf, Options } from './options';
import { clockOf, countsAll, readAggregate, readCount, readFind, readQuery } from './reads';
import { CommandRequest, Reply } from './request';

/** What a command asks for, and how it is planned. */
interface Explained {
  readonly plan: (view: CollectionView | null) => Plan;
  readonly parsedQuery: BsonValue | undefined;
  /** Stages above the plan, the uppermost first. */
  readonly top?: readonly string[];
  /** The stages of a pipeline that follow. */
  readonly rest?: readonly BsonDocument[];
}

/** How the engine would answer a command: the plan, and beyond the verbosity `queryPlanner` what came of running it. */
export async function explain(request: CommandRequest, engine: Engine, options: Options): Promise<Reply> {
  const verbosity = options.get('verbosity') ?? 'allPlansExecution';
  if (!['queryPlanner', 'executionStats', 'allPlansExecution'].includes(verbosity as string)) {
    throw new MongoError(9, 'verbosity must be queryPlanner, executionStats or allPlansExecution');
  }
  const body = options.get('explain');
  if (!isDocument(body)) throw new MongoError(9, "'explain' must be an object");
  const inner: CommandRequest = { ...request, name: [...body.keys()][0] ?? '', body };
  const { plan, parsedQuery, top = [], rest = [] } = readExplained(inner);
  const view = engine.read(inner, collectionNameOf(inner));
  try {
    const chosen = plan(view);
    const start = performance.now();
    const runs = verbosity !== 'queryPlanner';
    const run = runs ? await runToEnd(chosen, { view, clock: clockOf(request, options) }) : null;
    const explanation = explainPlan(chosen, {
      ns: namespaceOf(inner),
      parsedQuery: isDocument(parsedQuery) ? parsedQuery : new Map(),
      run,
      milliseconds: Math.round(performance.now() - start),
      top,
    });
    const whole: BsonDocument =
      rest.length === 0
        ? explanation
        : documentOf({ stages: [documentOf({ $cursor: explanation }), ...rest] });
    const server = { host: hostname(), port: new Int32(0), version: VERSION, gitVersion: 'embedded engine' };
    return whole.set('serverInfo', documentOf(server));
  } finally {
    view?.release();
  }
}

/** `explain: true` in an aggregate is the older way to ask. */
export function explainAggregate(request: CommandRequest, engine: Engine): Promise<Reply> {
  const command = new Map(request.body);
  command.delete('explain');
  const body: BsonDocument = new Map<string, BsonValue>([
    ['explain', command],
    ['verbosity', 'queryPlanner'],
  ]);
  return explain({ ...request, name: 'explain', body }, engine, new Options(body, 'explain'));
}

function readExplained(inner: CommandRequest): Explained {
  const { name, body } = inner;
  const options = new Options(body, name);
  switch (name) {
    case 'find': {
      const query = readFind(options);
      return { plan: (view) => planQuery(view, query), parsedQuery: body.get('filter') };
    }
    case 'count': {
      const query = readCount(options);
      const top = [countsAll(query) ? 'RECORD_STORE_FAST_COUNT' : 'COUNT'];
      const plan = (view: CollectionView | null) => planCount(countsAll(query) ? null : view, query);
      return { plan, parsedQuery: body.get('query'), top };
    }
    case 'distinct': {
      const query = readQuery(options);
      return { plan: (view) => planQuery(view, query), parsedQuery: body.get('query') };
    }
    case 'aggregate': {
      const split = readAggregate(inner, options);
      const [first] = (body.get('pipeline') as BsonDocument[] | undefined) ?? [];
      return {
        plan: (view) => planPipeline(view, split),
        parsedQuery: first?.get('$match'),
        rest: split.rest,
      };
    }
    case 'update':
    case 'delete':
      return readWrite(name, options.documents(`${name}s`));
    case 'findAndModify':
    case 'findandmodify':
      return modification(
        options.boolean('remove') ? 'DELETE' : 'UPDATE',
        options.document('query'),
        1,
        options.document('sort'),
      );
    default:
      throw new MongoError(59, `Explain failed due to unknown command: ${name}`);
  }
}

function readWrite(name: 'update' | 'delete', [statement, ...others]: readonly BsonDocument[]): Explained {
  if (!statement || others.length > 0) throw new MongoError(72, 'explained write batches must be of size 1');
  const options = new Options(statement, `${name}.${name}s`);
  const isSingle = name === 'update' ? !options.boolean('multi') : options.number('limit') === 1;
  return modification(name === 'update' ? 'UPDATE' : 'DELETE', options.document('q'), Number(isSingle));
}

function modification(
  stage: 'UPDATE' | 'DELETE',
  filter: BsonDocument = new Map(),
  limit: number,
  sort: BsonDocument = new Map(),
): Explained {
  const query: Query = { filter: parseFilter(filter), sort, skip: 0, limit };
  return { plan: (view) => planQuery(view, query), parsedQuery: filter, top: [stage] };
}
