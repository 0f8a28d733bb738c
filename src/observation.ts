import type { mongo } from 'mongoose';
import { type Config, isMeasured } from './config';
import type { Log } from './log';
import { Metrics } from './metrics/metrics';
import type { Tracing } from './tracing';

/** Metrics and traces; each is null if it is off, and then costs nothing. */
export interface Observation {
  readonly metrics: Metrics | null;
  readonly tracing: Tracing | null;
}

/** Opens metrics and traces by the settings. Tracing libraries are loaded only if needed. */
export function openObservation(config: Config, log: Log): Observation {
  const metrics = isMeasured(config) ? new Metrics() : null;
  if (config.otlpEndpoint === null) return { metrics, tracing: null };
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only if needed
  const { openTelemetry } = require('./tracing/open-telemetry') as typeof import('./tracing/open-telemetry');
  return { metrics, tracing: openTelemetry(config.otlpEndpoint, log) };
}

export function watchCommands({ metrics, tracing }: Observation, client: mongo.MongoClient): void {
  metrics?.watchCommands(client);
  tracing?.watchCommands(client);
}
