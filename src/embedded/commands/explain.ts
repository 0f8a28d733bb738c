import { hostname } from 'node:os';
import { Int32 } from 'bson';
import { clockOf } from '../cursors/client-presence';
import { runToEnd } from '../cursors/run-to-end';
import type { Engine } from '../engine';
import { BsonDocument, BsonValue, isDocument, isNumber } from '../language/bson-value';
import { MongoError } from '../language/errors';
import { parseFilter } from '../language/filter';
import { toDouble } from '../language/numbers';
import { explainPlan, Verbosity } from '../planner/explain-plan';
import { planPipeline } from '../planner/plan-pipeline';
import { planCount } from '../planner/plan-count';
import { planQuery } from '../planner/plan-query';
import { Query } from '../planner/query';
import { Modify } from '../planner/stages/modify';
import { Stage } from '../planner/stages/stage';
import { CollectionView } from '../storage/view';
import { readAggregate } from './aggregate-query';
import type { CommandRequest, Reply } from './command';
import { readCount } from './count';
import { readDistinct } from './distinct';
import { readFind } from './find-query';
import { collectionNameOf, namespaceOf } from './namespace';
import { Options } from './options';

/** What a command asks for, and how it plans it. */
interface Explained {
  readonly query: Query;
  /** The stages of a pipeline that follow. */
  readonly rest?: readonly BsonDocument[];
  plan(view: CollectionView | null): Stage;
}

const VERBOSITIES: readonly Verbosity[] = ['queryPlanner', 'executionStats', 'allPlansExecution'];

/** How the engine would answer a command: the plan, and beyond the verbosity `queryPlanner` what came of running it. */
export async function explain(request: CommandRequest, engine: Engine): Promise<Reply> {
  const options = new Options(request, { taken: ['verbosity'] });
  const verbosity = readVerbosity(options.get('verbosity'));
  const inner = innerRequest(request);
  const { query, rest = [], plan } = readExplained(inner);
  const view = engine.read(inner, collectionNameOf(inner));
  try {
    const stage = plan(view);
    const start = performance.now();
    if (verbosity !== 'queryPlanner')
      await runToEnd(stage, { view, clock: clockOf(request, options.deadline()) });
    const milliseconds = Math.round(performance.now() - start);
    const explanation = explainPlan(stage, {
      ns: namespaceOf(inner),
      filter: query.filter,
      verbosity,
      milliseconds,
    });
    return withRest(explanation, rest).set('serverInfo', serverInfo());
  } finally {
    view?.release();
  }
}

/** A pipeline of which more is left than its query is shown stage by stage. */
function withRest(explanation: BsonDocument, rest: readonly BsonDocument[]): BsonDocument {
  if (rest.length === 0) return explanation;
  return new Map([['stages', [new Map([['$cursor', explanation]]), ...rest]]]);
}

function readVerbosity(value: BsonValue | undefined): Verbosity {
  const verbosity = VERBOSITIES.find((each) => each === (value ?? 'allPlansExecution'));
  if (verbosity) return verbosity;
  const list = VERBOSITIES.map((each) => `'${each}'`).join(', ');
  throw new MongoError(9, `verbosity string must be one of {${list}}`);
}

/** The command to be explained, as if it had come by itself. */
function innerRequest(request: CommandRequest): CommandRequest {
  const body = request.body.get('explain');
  if (!isDocument(body)) throw new MongoError(9, "'explain' must be an object");
  const [name = ''] = body.keys();
  return { ...request, name, body };
}

function readExplained(inner: CommandRequest): Explained {
  switch (inner.name) {
    case 'find': {
      const { query } = readFind(inner);
      return { query, plan: (view) => planQuery(view, query) };
    }
    case 'count': {
      const { query } = readCount(inner);
      return { query, plan: (view) => planCount(view, query) };
    }
    case 'distinct': {
      const { query } = readDistinct(inner);
      return { query, plan: (view) => planQuery(view, query) };
    }
    case 'aggregate': {
      const { split } = readAggregate(inner, true);
      return { query: split.query, rest: split.rest, plan: (view) => planPipeline(view, split) };
    }
    case 'update':
      return readWrite(inner, 'UPDATE', 'updates');
    case 'delete':
      return readWrite(inner, 'DELETE', 'deletes');
    case 'findAndModify':
    case 'findandmodify': {
      const { body } = inner;
      return modification(
        body.get('remove') === true ? 'DELETE' : 'UPDATE',
        body.get('query'),
        body.get('sort'),
        1,
      );
    }
    default:
      throw new MongoError(59, `Explain failed due to unknown command: ${inner.name}`);
  }
}

function readWrite({ body }: CommandRequest, name: 'UPDATE' | 'DELETE', field: string): Explained {
  const statements = body.get(field);
  const [statement, ...others] = Array.isArray(statements) ? statements : [];
  if (!isDocument(statement) || others.length > 0) {
    throw new MongoError(72, 'explained write batches must be of size 1');
  }
  const limit = statement.get('limit');
  const single =
    name === 'UPDATE' ? statement.get('multi') !== true : isNumber(limit) && toDouble(limit) === 1;
  return modification(name, statement.get('q'), undefined, Number(single));
}

function modification(
  name: 'UPDATE' | 'DELETE',
  filter: BsonValue | undefined,
  sort: BsonValue | undefined,
  limit: number,
): Explained {
  const query: Query = { filter: parseFilter(documentOr(filter)), sort: documentOr(sort), skip: 0, limit };
  return { query, plan: (view) => new Modify(planQuery(view, query), name) };
}

function documentOr(value: BsonValue | undefined): BsonDocument {
  return isDocument(value) ? value : new Map();
}

function serverInfo(): BsonDocument {
  return new Map<string, BsonValue>([
    ['host', hostname()],
    ['port', new Int32(0)],
    ['version', '4.4.6'],
    ['gitVersion', 'embedded engine'],
  ]);
}
