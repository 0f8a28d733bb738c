import { type App, startApp } from '../app';
import { type Config, readConfig } from '../config';
import { endOnFaults, stopInOrder } from '../process-end';
import { createLog, type Logger } from '../transport/create-log';
import { engineVariable, type FromWorker, slotVariable, type ToWorker } from './messages';

/** How long the primary process may take to return the metrics. */
const metricsTimeoutMs = 5_000;

/**
 * Serves as one of several workers until the primary process stops it. Node.js ends a worker whose primary process has
 * died. Never rejects.
 */
export async function serveAsWorker(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config, { worker: Number(process.env[slotVariable]) });
  // A terminal signals all processes at once, but only the primary process stops workers.
  process.on('SIGINT', () => undefined);
  try {
    const primary = new Primary();
    const app = await startApp(config, log, {
      engineUri: process.env[engineVariable] ?? null,
      readMetrics: () => primary.readMetrics(),
    });
    endOnFaults(log);
    obey(primary, app, config, log);
    send({ kind: 'started', url: app.url, database: app.database });
  } catch (error) {
    process.send?.({ kind: 'failed', message: (error as Error).message } satisfies FromWorker, () =>
      process.exit(1),
    );
  }
}

/** The messages to and from the primary process. */
class Primary {
  private readonly waiting = new Map<number, (text: string | null) => void>();
  private asked = 0;

  /**
   * The metrics of all workers.
   * @throws Error if the primary process does not return them in time
   */
  readMetrics(): Promise<string> {
    const id = (this.asked += 1);
    return new Promise((resolve, reject) => {
      const done = (text: string | null): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        if (text === null) reject(new Error('the metrics of the workers cannot be read'));
        else resolve(text);
      };
      const timer = setTimeout(() => done(null), metricsTimeoutMs);
      this.waiting.set(id, done);
      send({ kind: 'ask-metrics', id });
    });
  }

  hearMetrics({ id, text }: { id: number; text: string | null }): void {
    this.waiting.get(id)?.(text);
  }
}

function obey(primary: Primary, app: App, config: Config, log: Logger): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void stopInOrder(config, log, { close: () => app.close() });
  };
  process.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'ready':
        return app.becomeReady();
      case 'stop':
        return stop();
      case 'collect':
        return void app.metrics?.registry
          .getMetricsAsJSON()
          .then((values) => send({ kind: 'collected', id: message.id, values }));
      case 'metrics':
        return primary.hearMetrics(message);
      default:
        throw new Error(`not a message: ${JSON.stringify(message satisfies never)}`);
    }
  });
  process.on('SIGTERM', stop);
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}
