import { type App, startApp } from './app';
import { type Config, readConfig } from './config';
import { createLog, type Logger } from './transport/create-log';

/** How much longer than SHUTDOWN_TIMEOUT_MS a stop may take before the process ends all the same. */
const graceMs = 5_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config);
  const app = await startApp(config, log);
  // One request's fault is no reason to drop all the others.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  // The embedded engine's end, above all: nothing is lost, and whoever watches this process starts it again.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'ended by a fault');
    process.exit(1);
  });
  log.info({ url: app.url, database: app.database }, `listening on ${app.url}, database: ${app.database}`);
  stopOnSignals(app, config, log);
}

/** The first signal finishes what is in flight and exits 0; a second one does not wait. */
function stopOnSignals(app: App, config: Config, log: Logger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => end(1), config.shutdownTimeoutMs + graceMs).unref();
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

/** What keeps a server from starting is for the person who starts it: one line that says what is wrong. */
function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException & { port?: number };
  const { port, address } = error as { port?: number; address?: string };
  switch (code) {
    case 'EADDRINUSE':
      return `HOST=${address} PORT=${port}: another program listens there already; PORT=0 takes a free port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST=${address ?? process.env.HOST}: this machine has no such address.`;
    case 'EACCES':
      return port === undefined ? message : `PORT=${port}: this user may not listen there.`;
    default:
      return message;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});
