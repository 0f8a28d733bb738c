import type { Server } from 'node:net';
import type { mongo } from 'mongoose';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { buildInfo } from '../build-info';
import type { EventQueue, Measurements, TransactionFailure } from '../measurements';
import type { OperationObserver, OperationRecord } from '../transport/operations/operation-observer';
import { measureCommands } from './command-metrics';
import { EventMetrics } from './event-metrics';
import { OperationMetrics } from './operation-metrics';

/** All metrics of one process, for Prometheus. */
export class Metrics implements Measurements, OperationObserver {
  readonly registry = new Registry();
  private readonly operations = new OperationMetrics(this.registry);
  private readonly events = new EventMetrics(this.registry);

  constructor() {
    // Event-loop lag, memory, garbage collection and CPU time, by the usual names.
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'conversation_workers',
      help: 'Server processes.',
      registers: [this.registry],
    }).set(1);
    const { version, commit } = buildInfo;
    new Gauge({
      name: 'conversation_build_info',
      help: 'Version and commit; always 1.',
      labelNames: ['version', 'commit', 'node'],
      aggregator: 'first',
      registers: [this.registry],
    }).set({ version, commit: commit ?? '', node: process.version }, 1);
  }

  ended(record: OperationRecord): void {
    this.operations.ended(record);
  }

  eventsStored(events: number): void {
    this.events.eventsStored(events);
  }

  transactionFailed(reason: TransactionFailure): void {
    this.events.transactionFailed(reason);
  }

  watchQueue(read: () => EventQueue): void {
    this.events.watchQueue(read);
  }

  watchSubscriptions(count: () => number): void {
    this.watch('conversation_subscriptions', 'Open subscriptions.', count);
  }

  /** Counts the open connections of `server`. */
  watchConnections(server: Server): void {
    let open = 0;
    server.on('connection', (socket) => {
      open += 1;
      socket.once('close', () => (open -= 1));
    });
    this.watch('conversation_connections', 'Open client connections.', () => open);
  }

  watchCommands(client: mongo.MongoClient): void {
    measureCommands(client, this.registry);
  }

  private watch(name: string, help: string, count: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(count());
      },
    });
  }
}
