/** What a load generator is told to do. */
export interface Load {
  readonly url: string;
  /** A token or API key to send along. */
  readonly credential?: string;
  /** Which bodies it sends: a name in `workloads.ts`. */
  readonly workload: string;
  /** What the workload needs to know: session ids, a run's own name, … */
  readonly parameters: WorkloadParameters;
  readonly connections: number;
  readonly seconds: number;
}

export interface WorkloadParameters {
  /** Makes the ids of this run its own. */
  readonly run: string;
  readonly sessionIds: readonly string[];
  /** For the workload `bodies`: what is sent, in turn. */
  readonly bodies?: readonly string[];
}

/** What it saw. Times in milliseconds. */
export interface Measured {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** The first answer that was not as it should be; null where all were. */
  readonly fault: string | null;
}

/** The middle of some numbers (the upper one of two). */
export function median(numbers: readonly number[]): number {
  return percentile(Float64Array.from(numbers).sort(), 0.5);
}

/** `sorted` ascending; `part` 0 to 1. */
export function percentile(sorted: Float64Array, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}
