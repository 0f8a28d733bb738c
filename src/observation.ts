import type { mongo } from 'mongoose';
import { type Config, isMeasured } from './config';
import type { Log } from './log';
import { Metrics } from './metrics/metrics';
import type { Tracing } from './tracing';

/** What looks on while the service works: each is null if it is off, and costs nothing then. */
export interface Observation {
  readonly metrics: Metrics | null;
  readonly tracing: Tracing | null;
}

/** What the settings ask for. The libraries for traces are loaded only if they are asked for. */
export function openObservation(config: Config, log: Log): Observation {
  const metrics = isMeasured(config) ? new Metrics() : null;
  if (config.otlpEndpoint === null) return { metrics, tracing: null };
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where it is asked for
  const { openTelemetry } = require('./tracing/open-telemetry') as typeof import('./tracing/open-telemetry');
  return { metrics, tracing: openTelemetry(config.otlpEndpoint, log) };
}

export function watchCommands({ metrics, tracing }: Observation, client: mongo.MongoClient): void {
  metrics?.watchCommands(client);
  tracing?.watchCommands(client);
}
