import type { FastifyInstance } from 'fastify';
import type { Config } from '../config';
import type { Database } from '../database/database';
import type { Log } from '../log';
import { buildGraphQLSchema } from '../schema/build-schema';
import { createRequestContext } from '../schema/request-context';
import type { Services } from '../service/create-services';
import { AnswerMemory } from './answer-memory';
import { startApollo } from './apollo-server';
import { executionPlugin } from './execution-plugin';
import { addExplorer } from './explorer';
import { addGraphQLRoute } from './graphql-route';
import { addHealthRoutes } from './health';
import { createHttpServer } from './http-server';
import { KnownLane } from './known-lane';
import { KnownOperations } from './known-operations';
import { createErrorMask } from './mask-errors';

export interface GraphQLServer {
  readonly server: FastifyInstance;
  /** From now on the server is not ready, and refuses operations with a retryable error. */
  stop(): void;
}

/** The API over HTTP with everything around it; it does not listen yet. */
export async function createGraphQLServer(
  services: Services,
  database: Database,
  config: Config,
  log: Log,
): Promise<GraphQLServer> {
  let stopping = false;
  const isStopping = () => stopping;
  const server = createHttpServer(config, log);
  const schema = buildGraphQLSchema();
  const formatError = createErrorMask(log);
  const known = new KnownOperations(schema);
  const apollo = await startApollo(schema, config, formatError, log, [
    executionPlugin(known, config, formatError),
  ]);
  addGraphQLRoute(server, {
    apollo,
    lane: config.execution === 'plain' ? null : new KnownLane(known, config, formatError),
    explorer: addExplorer(server),
    config,
    log,
    memory: new AnswerMemory(config.maxAnswerBytes),
    createContext: (asker) => createRequestContext(services, asker),
    isStopping,
  });
  addHealthRoutes(server, database, isStopping);
  server.addHook('onClose', () => apollo.stop());
  return {
    server,
    stop() {
      stopping = true;
    },
  };
}
