import type { ListenOptions } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { type EngineLog, openEngine } from './engine';
import { WireServer } from './wire/server';

/** What the worker is started with. */
export interface WorkerInput {
  readonly path: string;
  /** The path of a Unix socket, or a host and port. */
  readonly place: ListenOptions;
  readonly stalledAfterMilliseconds?: number;
}

/** What the worker tells its host. The host's only message to it is `'close'`. */
export type WorkerReport = { address: string } | { message: string; detail: string | undefined };

const report = (message: WorkerReport): void => parentPort!.postMessage(message);

const log: EngineLog = (message, error) =>
  report({ message, detail: error instanceof Error ? error.stack : String(error) });

/**
 * Serves until the host says `'close'`. With its port closed and nothing left to do, the thread ends.
 * @throws what keeps it from starting, which ends the thread too
 */
async function serve({ path, place, stalledAfterMilliseconds }: WorkerInput): Promise<void> {
  const engine = await openEngine({ path, log });
  const server = new WireServer(engine, log, stalledAfterMilliseconds);
  const close = async () => {
    await server.close();
    await engine.close();
    parentPort!.close();
  };
  try {
    const address = await server.listen(place);
    parentPort!.once('message', () => void close());
    report({ address });
  } catch (error) {
    await close();
    throw error;
  }
}

void serve(workerData as WorkerInput);
