import { Counter, Histogram, type Registry } from 'prom-client';
import type { OperationObserver, OperationRecord } from '../transport/operations/operation-observer';

/** How many operation names get their own series: clients choose names, and each costs memory here and in Prometheus. */
const maxNames = 100;
const maxNameLength = 100;
/** The same for error codes, ours and Apollo's. */
const maxCodes = 50;
const other = 'other';
const anonymous = 'anonymous';

/** From half a millisecond to the default request timeout, in seconds. */
const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How an operation ended: successfully, refused, temporarily unavailable, or by a bug. */
type Outcome = 'ok' | 'refused' | 'unavailable' | 'failed';

/** Counts and times operations by name and outcome, and their errors by code. */
export class OperationMetrics implements OperationObserver {
  private readonly names = new BoundedSet(maxNames);
  private readonly codes = new BoundedSet(maxCodes);
  private readonly requests: Counter;
  private readonly durations: Histogram;
  private readonly errors: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'conversation_requests_total',
      help: 'Finished operations, by name, type, transport and outcome (ok, refused, unavailable, failed).',
      labelNames: ['operation', 'type', 'transport', 'outcome'],
      registers,
    });
    this.durations = new Histogram({
      name: 'conversation_request_duration_seconds',
      help: 'Duration of queries and mutations, by name and outcome.',
      labelNames: ['operation', 'outcome'],
      buckets: durationBuckets,
      registers,
    });
    this.errors = new Counter({
      name: 'conversation_errors_total',
      help: 'Errors in responses, by extensions.code.',
      labelNames: ['code'],
      registers,
    });
  }

  ended(record: OperationRecord): void {
    const operation = this.labelOf(record);
    const outcome = outcomeOf(record.errorCodes);
    const type = record.operationType ?? 'unknown';
    this.requests.inc({ operation, type, transport: record.transport, outcome });
    // A subscription's duration is up to its client.
    if (type !== 'subscription') this.durations.observe({ operation, outcome }, record.durationMs / 1000);
    for (const code of record.errorCodes) this.errors.inc({ code: this.codes.has(code) ? code : other });
  }

  /** Only of valid operations, because anyone can send any text. */
  private labelOf({ operationName, operationType }: OperationRecord): string {
    if (operationType === null) return other;
    if (operationName === null) return anonymous;
    return operationName.length <= maxNameLength && this.names.has(operationName) ? operationName : other;
  }
}

/** Keeps the first `limit` distinct words; all others become `other`. */
class BoundedSet {
  private readonly words = new Set<string>();

  constructor(private readonly limit: number) {}

  has(word: string): boolean {
    if (this.words.has(word)) return true;
    if (this.words.size >= this.limit) return false;
    this.words.add(word);
    return true;
  }
}

function outcomeOf(codes: readonly string[]): Outcome {
  if (codes.length === 0) return 'ok';
  if (codes.includes('INTERNAL_SERVER_ERROR')) return 'failed';
  return codes.includes('SERVICE_UNAVAILABLE') ? 'unavailable' : 'refused';
}
