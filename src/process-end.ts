import type { Config } from './config';
import type { Logger } from './transport/create-log';

/** How much longer than SHUTDOWN_DELAY_MS and SHUTDOWN_TIMEOUT_MS together a stop may take before the process ends anyway. */
const graceMs = 5_000;

/** What a process has to close before it ends. */
export interface Stoppable {
  /** Finishes what is in flight. */
  close(): Promise<void>;
  /** What else must not stay when the process ends at once. */
  kill?(): void;
}

/** Logs what nobody has caught. A rejected promise ends nothing; an exception ends this process with 1. */
export function endOnFaults(log: Logger, kill: () => void = () => undefined): void {
  // One request's fault is no reason to drop all the others.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  // The embedded engine's end, above all: nothing is lost, and whoever watches this process starts it again.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'ended by a fault');
    kill();
    process.exit(1);
  });
}

/** The first signal stops in order; a second one does not wait. */
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

/** Closes and ends this process: with 0 if all was finished in order and in time. */
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
    log.error({ err: error }, 'could not stop in order');
    return end(1);
  }
  return end(0);
}
