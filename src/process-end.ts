import type { Config } from './config';
import type { Logger } from './transport/create-log';

/** How much longer than SHUTDOWN_DELAY_MS plus SHUTDOWN_TIMEOUT_MS a stop may take before the process exits anyway. */
const graceMs = 5_000;

/** What a process closes before it exits. */
export interface Stoppable {
  /** Finishes what is in flight. */
  close(): Promise<void>;
  /** Kills what must not outlive a process that exits at once. */
  kill?(): void;
}

/** Logs uncaught errors. An unhandled rejection is only logged; an exception ends the process with 1. */
export function endOnFaults(log: Logger, kill: () => void = () => undefined): void {
  // A bug in one request must not end all the others.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  // Above all, a crash of the embedded engine: nothing is lost, and a supervisor restarts the process.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'ended by an uncaught error');
    kill();
    process.exit(1);
  });
}

/** The first signal stops gracefully, a second one at once. */
export function stopOnSignals(config: Config, log: Logger, stoppable: Stoppable): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) {
      stoppable.kill?.();
      process.exit(1);
    }
    stopping = true;
    log.info({ signal }, 'stopping');
    void stopInOrder(config, log, stoppable);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** Closes everything and exits: with 0 if all work was finished in time. */
export async function stopInOrder(config: Config, log: Logger, stoppable: Stoppable): Promise<never> {
  const end = (code: number): never => {
    stoppable.kill?.();
    log.info({ code }, 'stopped');
    process.exit(code);
  };
  setTimeout(() => end(1), config.shutdownDelayMs + config.shutdownTimeoutMs + graceMs).unref();
  try {
    await stoppable.close();
  } catch (error) {
    log.error({ err: error }, 'could not stop cleanly');
    return end(1);
  }
  return end(0);
}
