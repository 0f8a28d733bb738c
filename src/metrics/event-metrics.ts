import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { EventQueue, Measurements, TransactionFailure } from '../measurements';

const batchBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** Metrics of events: stored, batch sizes, queue, retries. */
export class EventMetrics implements Pick<Measurements, 'eventsStored' | 'transactionFailed' | 'watchQueue'> {
  private readonly written: Counter;
  private readonly batches: Histogram;
  private readonly failures: Counter;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.written = new Counter({
      name: 'conversation_events_written_total',
      help: 'Events stored, without retries.',
      registers,
    });
    this.batches = new Histogram({
      name: 'conversation_event_batch_size',
      help: 'Events stored by one transaction.',
      buckets: batchBuckets,
      registers,
    });
    this.failures = new Counter({
      name: 'conversation_transaction_failures_total',
      help: 'Event transactions aborted and mostly retried, by reason (conflict, duplicate, transient).',
      labelNames: ['reason'],
      registers,
    });
  }

  eventsStored(events: number): void {
    if (events === 0) return;
    this.written.inc(events);
    this.batches.observe(events);
  }

  transactionFailed(reason: TransactionFailure): void {
    this.failures.inc({ reason });
  }

  watchQueue(read: () => EventQueue): void {
    const gauge = (name: string, help: string, aggregator: 'sum' | 'max', value: () => number) =>
      new Gauge({
        name,
        help,
        aggregator,
        registers: [this.registry],
        collect() {
          this.set(value());
        },
      });
    gauge('conversation_event_queue_length', 'Events waiting to be stored.', 'sum', () => read().events);
    gauge(
      'conversation_event_queue_bytes',
      'Bytes of the events waiting to be stored.',
      'sum',
      () => read().bytes,
    );
    gauge(
      'conversation_event_queue_age_seconds',
      'Wait of the oldest request whose events are not stored yet.',
      'max',
      () => read().ageMs / 1000,
    );
  }
}
