import { type App, startApp } from './app';
import { buildInfo } from './build-info';
import type { Config } from './config';
import { readUsableConfig } from './preflight';
import { createLog, type Logger } from './transport/create-log';

/** How much longer than SHUTDOWN_DELAY_MS and SHUTDOWN_TIMEOUT_MS together a stop may take before the process ends all the same. */
const graceMs = 5_000;

/**
 * Serves until a signal ends it.
 * @throws ConfigError, DatabaseOpenError or the system's error where it cannot start
 */
export async function serve(): Promise<void> {
  const config = await readUsableConfig(process.env);
  const log = createLog(config);
  const app = await startApp(config, log);
  // One request's fault is no reason to drop all the others.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  // The embedded engine's end, above all: nothing is lost, and whoever watches this process starts it again.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'ended by a fault');
    process.exit(1);
  });
  const { url, metricsUrl, database } = app;
  log.info({ url, metricsUrl, database, ...buildInfo }, `listening on ${url}, database: ${database}`);
  stopOnSignals(app, config, log);
}

/** The first signal finishes what is in flight and exits 0; a second one does not wait. */
function stopOnSignals(app: App, config: Config, log: Logger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    const limitMs = config.shutdownDelayMs + config.shutdownTimeoutMs + graceMs;
    setTimeout(() => end(1), limitMs).unref();
    app.close().then(
      () => end(0),
      (error: unknown) => {
        log.error({ err: error }, 'could not stop in order');
        end(1);
      },
    );
  };
  const end = (code: number): void => {
    log.info({ code }, 'stopped');
    process.exit(code);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
