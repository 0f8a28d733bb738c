import type { FastifyInstance } from 'fastify';
import { authMethodsOf } from '../access-settings';
import type { Config } from '../config';
import type { Database } from '../database/database';
import type { Log } from '../log';
import type { ReadMetrics } from '../metrics/metrics-endpoint';
import { buildGraphQLSchema } from '../schema/build-schema';
import { createRequestContext } from '../schema/request-context';
import type { RequestScope } from '../store/request-scope';
import type { Services } from '../service/create-services';
import type { Tracing } from '../tracing';
import { openAccess } from './access/access';
import { HttpAccess } from './access/http-access';
import { startApollo } from './apollo-server';
import { addExplorer } from './explorer';
import { FastPath } from './fast-path';
import { addGraphQLRoute } from './graphql-route';
import { addHealthRoutes } from './health';
import { createHttpServer } from './http-server';
import { createLiveTransport } from './live/live-transport';
import { addMetricsRoute } from './metrics-route';
import { Lifecycle } from './lifecycle';
import { createErrorMask } from './mask-errors';
import { OperationCache } from './operations/operation-cache';
import { OperationLog } from './operations/operation-log';
import { observeAll, type OperationObserver } from './operations/operation-observer';
import { OperationPipeline } from './operations/operation-pipeline';
import { operationsPlugin } from './operations-plugin';
import { ResponseMemoryBudget } from './response-memory-budget';
import { RequestTraces } from './request-traces';
import { addSchemaRoute } from './schema-route';
import { EventLoopTurns } from '../event-loop-turns';

/** What the process around a server provides. */
export interface Surroundings {
  /** Observers of every operation, besides the log. */
  readonly observers: readonly OperationObserver[];
  /** Reads the metrics for `GET /metrics`; null if this port does not serve them. */
  readonly readMetrics: ReadMetrics | null;
  readonly tracing: Tracing | null;
  readonly lifecycle: Lifecycle;
}

function alone(): Surroundings {
  return { observers: [], readMetrics: null, tracing: null, lifecycle: new Lifecycle() };
}

export interface GraphQLServer {
  readonly server: FastifyInstance;
  /** Advanced by the caller that stops the server. */
  readonly lifecycle: Lifecycle;
}

/** Creates the HTTP server of the API; it does not listen yet. */
export async function createGraphQLServer(
  services: Services,
  database: Database,
  config: Config,
  log: Log,
  { observers, readMetrics, tracing, lifecycle }: Surroundings = alone(),
): Promise<GraphQLServer> {
  const turns = new EventLoopTurns();
  const server = createHttpServer(config, log, lifecycle, turns);
  const traces = tracing && new RequestTraces(server, tracing);
  const access = await openAccess(config, database, log);
  const httpAccess = new HttpAccess(access, config);
  await httpAccess.addTo(server);
  const schema = buildGraphQLSchema();
  const formatError = createErrorMask(log, config.introspection);
  const cache = new OperationCache(schema);
  const pipeline = new OperationPipeline(schema, cache, config, turns, database.availability, access);
  const apollo = await startApollo(schema, config, formatError, log, [
    operationsPlugin(pipeline, config, formatError),
  ]);
  const observer = observeAll([new OperationLog(log, config), ...observers]);
  const memory = new ResponseMemoryBudget(config.maxAnswerBytes);
  const createContext = (scope: RequestScope | null) => createRequestContext(services, scope);
  const { trustedDocuments } = access;
  const liveOptions = {
    schema,
    turns,
    tracing,
    pipeline,
    trustedDocuments,
    config,
    observer,
    memory,
    formatError,
    createContext,
  };
  const live = createLiveTransport(server, liveOptions, httpAccess, lifecycle, log);
  addGraphQLRoute(server, {
    apollo,
    access: httpAccess,
    trustedDocuments,
    pipeline,
    fastPath: config.execution === 'plain' ? null : new FastPath(cache, pipeline, formatError, turns),
    explorer: addExplorer(server, authMethodsOf(config).length > 0),
    config,
    observer,
    memory,
    formatError,
    createContext,
    live,
    turns,
    traces,
    lifecycle,
    availability: database.availability,
  });
  if (config.introspection === 'on') addSchemaRoute(server, httpAccess, schema);
  addHealthRoutes(server, database, lifecycle);
  if (readMetrics !== null) addMetricsRoute(server, httpAccess, readMetrics);
  server.addHook('onClose', () => apollo.stop());
  return { server, lifecycle };
}
