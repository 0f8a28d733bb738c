import cluster from 'node:cluster';
import { startApp } from './app';
import { buildInfo } from './build-info';
import type { Config } from './config';
import { readUsableConfig } from './preflight';
import { endOnFaults, stopOnSignals } from './process-end';
import { createLog } from './transport/create-log';
import { serveAsWorker } from './workers/serve-as-worker';
import { serveWorkers } from './workers/serve-workers';

/**
 * Serves with WORKERS processes until a signal ends it.
 * @throws ConfigError, DatabaseOpenError or the system's error if it cannot start
 */
export async function serve(): Promise<void> {
  if (cluster.isWorker) return serveAsWorker();
  const config = await readUsableConfig(process.env);
  return config.workers > 1 ? serveWorkers(config) : serveAlone(config);
}

async function serveAlone(config: Config): Promise<void> {
  const log = createLog(config);
  const app = await startApp(config, log);
  endOnFaults(log);
  const { url, metricsUrl, database } = app;
  log.info({ url, metricsUrl, database, ...buildInfo }, `listening on ${url}, database: ${database}`);
  stopOnSignals(config, log, { close: () => app.close() });
}
