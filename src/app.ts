import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Config } from './config';
import { type Database, openDatabase } from './database/database';
import type { Log } from './log';
import { createServices, type Services } from './service/create-services';
import { createGraphQLServer } from './transport/graphql-server';

/** How many connections may wait to be accepted: a crowd of clients that arrives at once. */
const backlog = 4096;

/** A running service. */
export interface App {
  /** Where the API is: `http://127.0.0.1:4000/graphql`. */
  readonly url: string;
  /** The database in words, without credentials. */
  readonly database: string;
  /** Takes no more requests, finishes those in flight and closes everything; takes at most SHUTDOWN_TIMEOUT_MS. */
  close(): Promise<void>;
}

/**
 * Opens the database, wires the parts together and listens.
 * @throws DatabaseOpenError, or the system's error where the address cannot be listened on; nothing stays open then
 */
export async function startApp(config: Config, log: Log): Promise<App> {
  const database = await openDatabase(config, log);
  try {
    const services = await createServices(database, config, log);
    const { server, stop } = await createGraphQLServer(services, database, config, log);
    await server.listen({ host: config.host, port: config.port, backlog });
    return {
      url: urlOf(server),
      database: database.description,
      async close() {
        stop();
        await closeServer(server, config.shutdownTimeoutMs);
        await closeServices(services, database);
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Waits for the requests in flight, and cuts off what is left of them when the time is up. */
async function closeServer(server: FastifyInstance, limitMs: number): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), limitMs);
  try {
    await server.close();
  } finally {
    clearTimeout(timer);
  }
}

async function closeServices(services: Services, database: Database): Promise<void> {
  await services.close();
  await database.close();
}

function urlOf(server: FastifyInstance): string {
  const { address, family, port } = server.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/graphql`;
}
