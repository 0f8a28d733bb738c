import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { type Config, isMeasured } from './config';
import { type Database, openDatabase } from './database/database';
import type { Log } from './log';
import type { Metrics } from './metrics/metrics';
import { type MetricsServer, startMetricsServer } from './metrics/metrics-endpoint';
import { type Observation, openObservation, watchCommands } from './observation';
import { createServices, type Services } from './service/create-services';
import { createGraphQLServer, type GraphQLServer, type Surroundings } from './transport/graphql-server';
import { Lifecycle } from './transport/lifecycle';

/** The listen backlog, for crowds of clients that arrive at once. */
const backlog = 4096;

/** How often a stopping server closes idle connections. */
const sweepMs = 100;

/** A running service. */
export interface App {
  /** The API's URL, such as `http://127.0.0.1:4000/graphql`. */
  readonly url: string;
  /** The URL of the metrics; null if they are off. */
  readonly metricsUrl: string | null;
  /** The metrics of this process; null if they are off. */
  readonly metrics: Metrics | null;
  /** A description of the database, without credentials. */
  readonly database: string;
  /** Makes a worker ready. */
  becomeReady(): void;
  /**
   * Becomes not ready, keeps serving for SHUTDOWN_DELAY_MS, then refuses requests, finishes those in flight within
   * SHUTDOWN_TIMEOUT_MS, and closes everything.
   */
  close(): Promise<void>;
}

/** What a worker needs to serve together with others. */
export interface Membership {
  /** The URI of the embedded engine in another process; null with MONGODB_URI. */
  readonly engineUri: string | null;
  /** Reads the metrics of all workers. */
  readMetrics(): Promise<string>;
}

/**
 * Opens the database, wires everything together and listens. A worker is not ready until `becomeReady`, and leaves
 * METRICS_PORT to the primary process.
 * @throws DatabaseOpenError, or the system's error if the address cannot be listened on; nothing stays open then
 */
export async function startApp(config: Config, log: Log, membership: Membership | null = null): Promise<App> {
  const observation = openObservation(config, log);
  const database = await openDatabase(config, log, membership?.engineUri);
  const opened: { close(): Promise<unknown> }[] = [database];
  try {
    watchCommands(observation, database.connection.getClient());
    const services = await createServices(database, config, log, observation);
    opened.push(services);
    const api = await createApi(services, database, config, log, observation, membership);
    await api.server.listen({ host: config.host, port: config.port, backlog });
    opened.push(api.server);
    const metricsServer = membership === null ? await startMetrics(config, observation) : null;
    return appOf(api, services, database, config, observation, metricsServer);
  } catch (error) {
    for (const each of opened.reverse()) await each.close();
    throw error;
  }
}

async function createApi(
  services: Services,
  database: Database,
  config: Config,
  log: Log,
  { metrics, tracing }: Observation,
  membership: Membership | null,
): Promise<GraphQLServer> {
  const read = membership?.readMetrics ?? (() => metrics!.registry.metrics());
  const surroundings: Surroundings = {
    observers: metrics === null ? [] : [metrics],
    readMetrics: config.metrics === 'on' && config.metricsPort === null ? read : null,
    tracing,
    lifecycle: new Lifecycle(membership === null ? 'serving' : 'starting'),
  };
  const api = await createGraphQLServer(services, database, config, log, surroundings);
  metrics?.watchConnections(api.server.server);
  return api;
}

async function startMetrics(
  { host, metricsPort }: Config,
  { metrics }: Observation,
): Promise<MetricsServer | null> {
  if (metrics === null || metricsPort === null) return null;
  return startMetricsServer(() => metrics.registry.metrics(), { host, port: metricsPort });
}

function appOf(
  { server, lifecycle }: GraphQLServer,
  services: Services,
  database: Database,
  config: Config,
  { metrics, tracing }: Observation,
  metricsServer: MetricsServer | null,
): App {
  const origin = originOf(server);
  return {
    url: `${origin}/graphql`,
    metricsUrl: metricsServer?.url ?? (isMeasured(config) ? `${origin}/metrics` : null),
    metrics,
    database: database.description,
    becomeReady: () => lifecycle.becomeReady(),
    async close() {
      lifecycle.drain();
      if (config.shutdownDelayMs > 0) await sleep(config.shutdownDelayMs);
      lifecycle.stop();
      await closeServer(server, config.shutdownTimeoutMs);
      await services.close();
      await database.close();
      // Last, so that observers see the work that is still being finished.
      await tracing?.close();
      await metricsServer?.close();
    },
  };
}

/** Waits for the requests in flight, and cuts off the rest when the time is up. */
async function closeServer(server: FastifyInstance, limitMs: number): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), limitMs);
  // Node.js closes idle connections only once, when it stops listening; others become idle later.
  const sweep = setInterval(() => server.server.closeIdleConnections(), sweepMs);
  try {
    await server.close();
  } finally {
    clearTimeout(timer);
    clearInterval(sweep);
  }
}

function originOf(server: FastifyInstance): string {
  const { address, family, port } = server.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
