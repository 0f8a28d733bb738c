import type { Worker } from 'node:cluster';
import { buildInfo } from '../build-info';
import { type Config, isMeasured } from '../config';
import { openEngine } from '../database/database';
import { type MetricsServer, startMetricsServer } from '../metrics/metrics-endpoint';
import { endOnFaults, stopOnSignals } from '../process-end';
import { createLog } from '../transport/create-log';
import type { FromWorker } from './messages';
import { WorkerMetrics } from './worker-metrics';
import { WorkerPool } from './worker-pool';

/**
 * Serves with WORKERS processes behind one port, until a signal ends it. The embedded engine, if it is used, runs in
 * this process, and the workers are its clients.
 * @throws Error with the message of the worker that could not start
 */
export async function serveWorkers(config: Config): Promise<void> {
  const log = createLog(config);
  const engine = config.mongodbUri === null ? await openEngine(config.dataDir, log) : null;
  const metrics: WorkerMetrics | null = isMeasured(config) ? new WorkerMetrics(() => pool) : null;
  const hear = (worker: Worker, message: FromWorker) => metrics?.hear(worker, message);
  const pool = new WorkerPool(config.workers, engine?.uri ?? null, log, hear);
  try {
    const { url, database } = await pool.start();
    const metricsServer = await startMetrics(config, metrics);
    const { workers } = config;
    const metricsUrl = metricsServer?.url ?? (metrics && url.replace(/graphql$/, 'metrics'));
    log.info(
      { url, metricsUrl, database, workers, ...buildInfo },
      `listening on ${url} with ${workers} workers, database: ${database}`,
    );
    endOnFaults(log, () => pool.kill());
    stopOnSignals(config, log, {
      async close() {
        const inOrder = await pool.stop();
        await metricsServer?.close();
        await engine?.close();
        if (!inOrder) throw new Error('a worker did not stop cleanly');
      },
      kill: () => pool.kill(),
    });
  } catch (error) {
    pool.kill();
    await engine?.close();
    throw error;
  }
}

async function startMetrics(
  { host, metricsPort }: Config,
  metrics: WorkerMetrics | null,
): Promise<MetricsServer | null> {
  if (metrics === null || metricsPort === null) return null;
  return startMetricsServer(() => metrics.read(), { host, port: metricsPort });
}
