import type { mongo } from 'mongoose';
import { Counter, Histogram, type Registry } from 'prom-client';

const durationBuckets = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * Times the commands of a driver with `monitorCommands`. With our own clock, because the driver's `duration` is in whole
 * milliseconds and most commands are shorter.
 */
export function measureCommands(client: mongo.MongoClient, registry: Registry): void {
  const durations = new Histogram({
    name: 'conversation_database_command_duration_seconds',
    help: 'Response time of the database, by command.',
    labelNames: ['command'],
    buckets: durationBuckets,
    registers: [registry],
  });
  const failures = new Counter({
    name: 'conversation_database_command_failures_total',
    help: 'Commands that failed or got no response, by command.',
    labelNames: ['command'],
    registers: [registry],
  });
  const started = new Map<number, number>();
  const ended = ({
    requestId,
    commandName,
  }: mongo.CommandSucceededEvent | mongo.CommandFailedEvent): void => {
    const since = started.get(requestId);
    if (since === undefined) return;
    started.delete(requestId);
    durations.observe({ command: commandName }, (performance.now() - since) / 1000);
  };
  client.on('commandStarted', ({ requestId }) => started.set(requestId, performance.now()));
  client.on('commandSucceeded', ended);
  client.on('commandFailed', (event) => {
    ended(event);
    failures.inc({ command: event.commandName });
  });
}
